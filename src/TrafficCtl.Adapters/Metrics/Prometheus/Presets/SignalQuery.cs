using System.Collections.Immutable;

namespace TrafficCtl.Adapters.Metrics.Prometheus.Presets;

/// <summary>One signal of a preset: which series, and what tells them apart.</summary>
/// <param name="Metric">A name, or several with <c>|</c> between them; of a classic histogram with <c>_bucket</c>.</param>
/// <param name="Fixed">Matchers that do not depend on the services, such as <c>reporter="source"</c>; empty for none.</param>
/// <param name="Namespace">The label that is matched with the services' namespaces; null for none.</param>
/// <param name="Name">The label that is matched with <see cref="MetricPreset.Names"/>.</param>
/// <param name="Labels">Besides those of the process: what distinguishes an arm or an outcome.</param>
internal sealed record SignalQuery(string Metric, string Fixed, string? Namespace, string Name, ImmutableArray<string> Labels)
{
    public bool IsHistogram { get; init; }

    /// <summary>It may be a native histogram, under the name without <c>_bucket</c>.</summary>
    public bool MayBeNative { get; init; }

    /// <summary>How many of its unit are a second: 1000 for milliseconds.</summary>
    public double PerSecond { get; init; } = 1;
}
