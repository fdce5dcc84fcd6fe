using System.Collections.Immutable;

namespace TrafficCtl.Adapters.Metrics.Prometheus.Presets;

/// <summary>What may be written for <c>metrics</c>.</summary>
public static class PrometheusPresets
{
    public static ImmutableArray<string> Names { get; } = [.. PresetList.All.Select(p => p.Name)];

    /// <summary>Those in which copies of requests are seen.</summary>
    public static ImmutableArray<string> CountingCopies { get; } = [.. PresetList.All.Where(p => p.CountsAtServer).Select(p => p.Name)];
}
