using System.Collections.Immutable;
using TrafficCtl.Core.Judging;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>A gauge of the pods that needs no query of the author's own.</summary>
/// <param name="Word">As it stands under <c>saturation</c>.</param>
/// <param name="Name">As findings name it.</param>
/// <param name="Query">What the metric source knows it by.</param>
internal readonly record struct SaturationMetric(string Word, string Name, string Query)
{
    public MetricTolerance Tolerance => new(Name, Direction.Lower, AnalysisSchema.MetricWorseBy) { Query = Query };
}

internal static class SaturationMetrics
{
    public static readonly ImmutableArray<SaturationMetric> All =
    [
        new("cpu", "cpu-per-request", "saturation:cpu"), new("memory", "memory", "saturation:memory"),
        new("throttling", "throttling", "saturation:throttling"),
    ];
}
