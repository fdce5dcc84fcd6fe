using System.Collections.Frozen;
using TrafficCtl.Daemon.Access;

namespace TrafficCtl.Daemon.Api.Promotions;

/// <summary>What may be left out of an order, or is nothing to it.</summary>
internal enum Part
{
    None,
    Optional,
    Needed,
}

/// <summary>A kind of order, and what it is made of.</summary>
/// <param name="Name">The word of the contract.</param>
/// <param name="Act">The right that it takes.</param>
internal sealed record OrderKind(string Name, Act Act)
{
    public Part Environment { get; init; } = Part.Needed;

    public Part Version { get; init; }

    public bool TakesTarget { get; init; }

    public bool TakesGate { get; init; }

    /// <summary>It takes a scope, and a time when it ends by itself.</summary>
    public bool TakesScope { get; init; }

    public static readonly FrozenDictionary<string, OrderKind> All = new OrderKind[]
    {
        new("promote", Act.Promote) { Version = Part.Optional },
        new("pin", Act.Pin) { Version = Part.Needed },
        new("unpin", Act.Unpin),
        new("hold", Act.Hold) { Version = Part.Optional },
        new("release", Act.Release),
        new("veto", Act.Veto) { Version = Part.Needed, TakesScope = true },
        new("unveto", Act.Unveto) { Version = Part.Needed },
        new("approve", Act.Approve) { Version = Part.Optional, TakesGate = true },
        new("reject", Act.Reject) { Version = Part.Optional, TakesGate = true },
        new("stop-the-line", Act.StopTheLine) { Environment = Part.Optional, TakesTarget = true },
        new("release-the-line", Act.ReleaseTheLine) { Environment = Part.Optional, TakesTarget = true },
        new("break-glass", Act.BreakGlass),
        new("lift-break-glass", Act.LiftBreakGlass),
        new("revoke", Act.Revoke) { Version = Part.Needed, TakesGate = true },
    }.ToFrozenDictionary(static kind => kind.Name, StringComparer.Ordinal);

    /// <summary>It may be of all services.</summary>
    public bool MayBeOfAll => Environment == Part.Optional;
}
