namespace TrafficCtl.Daemon.Limits;

/// <summary>What a call or a connection went beyond.</summary>
internal enum LimitKind
{
    /// <summary>Calls a second of one caller.</summary>
    Rate,

    /// <summary>Wishes a second of one caller.</summary>
    Wishes,

    /// <summary>Calls in progress.</summary>
    Calls,

    /// <summary>Open streams.</summary>
    Watches,

    /// <summary>Open connections.</summary>
    Connections,

    /// <summary>Headers that came too slowly.</summary>
    SlowHeaders,

    /// <summary>A body that came too slowly.</summary>
    SlowBody,

    /// <summary>An answer that was read too slowly, or not at all.</summary>
    SlowReader,

    /// <summary>Messages of one stream, or its silence.</summary>
    Stream,
}

internal static class LimitKinds
{
    /// <summary>In their order; the label of the metric.</summary>
    public static readonly string[] Labels =
        ["rate", "wishes", "calls", "watches", "connections", "slow-headers", "slow-body", "slow-reader", "stream"];

    public static string Label(this LimitKind kind) => Labels[(int)kind];
}
