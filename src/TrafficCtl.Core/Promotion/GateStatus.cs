using TrafficCtl.Core.Promotion.Environments;

namespace TrafficCtl.Core.Promotion;

/// <summary>What a gate lets through now.</summary>
internal enum GateStand
{
    Open,

    /// <summary>Not yet: it is asked, it could not be found out, or time or traffic is missing.</summary>
    Waiting,

    /// <summary>A live gate is closed. It may open.</summary>
    Closed,

    /// <summary>It was decided against the bundle.</summary>
    Failed,
}

internal readonly record struct GateStatus(EntryGate Gate, GateStand Stand, string Why, DateTimeOffset Since)
{
    public bool IsOpen => Stand == GateStand.Open;
}
