using System.Collections.Frozen;
using System.Collections.Immutable;

namespace TrafficCtl.Daemon.Telemetry;

internal enum MetricType
{
    Gauge,
    Counter,
    Histogram,
}

/// <summary>Who reads a page of metrics.</summary>
internal enum MetricAudience
{
    /// <summary>Programs of this machine, by the admin API.</summary>
    ThisMachine,

    /// <summary>Whoever reaches the probes' address: no versions, no rollouts, no builds.</summary>
    Everybody,
}

/// <summary>One metric as it is declared: its samples carry exactly these labels, in this order.</summary>
internal sealed record Metric(string Name, MetricType Type, string Help, ImmutableArray<string> Labels)
{
    /// <summary>
    /// Labels whose values say nothing of a version, a rollout, a person or this build. A label that is not here
    /// hides its metric from <see cref="MetricAudience.Everybody"/>.
    /// </summary>
    private static readonly FrozenSet<string> Harmless = new[]
    {
        "service", "environment", "target", "arm", "outcome", "status", "direction", "phase", "signal", "edge", "decision", "cluster",
        "limit",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Shown to everybody.</summary>
    public bool IsPublic { get; } = Labels.All(Harmless.Contains);

    public static Metric Gauge(string name, string help, params ImmutableArray<string> labels) => new(name, MetricType.Gauge, help, labels);

    public static Metric Counter(string name, string help, params ImmutableArray<string> labels) =>
        new(name, MetricType.Counter, help, labels);

    public static Metric Histogram(string name, string help, params ImmutableArray<string> labels) =>
        new(name, MetricType.Histogram, help, labels);
}
