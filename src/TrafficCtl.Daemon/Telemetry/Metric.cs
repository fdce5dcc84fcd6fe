using System.Collections.Immutable;

namespace TrafficCtl.Daemon.Telemetry;

internal enum MetricType
{
    Gauge,
    Counter,
    Histogram,
}

/// <summary>One metric as it is declared: its samples carry exactly these labels, in this order.</summary>
internal sealed record Metric(string Name, MetricType Type, string Help, ImmutableArray<string> Labels)
{
    public static Metric Gauge(string name, string help, params ImmutableArray<string> labels) => new(name, MetricType.Gauge, help, labels);

    public static Metric Counter(string name, string help, params ImmutableArray<string> labels) => new(name, MetricType.Counter, help, labels);

    public static Metric Histogram(string name, string help, params ImmutableArray<string> labels) => new(name, MetricType.Histogram, help, labels);
}
