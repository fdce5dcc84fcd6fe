using System.Collections.Immutable;
using System.Globalization;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Daemon.Telemetry;

/// <summary>The 24 bounds of the exposed latency histogram, folded from the fine buckets at scrape.</summary>
/// <remarks>
/// The fine buckets' edges are 1.64 % apart, so every bound has one within 0.82 %: what is counted up to a bound is what was
/// at most that nearest edge. The fold adds no error beyond it, and nothing is lost for <c>+Inf</c>.
/// </remarks>
internal static class LatencyBounds
{
    public static readonly ImmutableArray<double> Seconds =
    [
        0.0005, 0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1,
        0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 30, 60,
    ];

    private static readonly ImmutableArray<string> TextLabels = [
        .. Seconds.Select(static s => s.ToString("R", CultureInfo.InvariantCulture)), "+Inf"
    ];

    private static readonly ImmutableArray<string> OpenMetricsLabels =
        [.. Seconds.Select(static s => s.ToString("0.0###", CultureInfo.InvariantCulture)), "+Inf"];

    /// <summary>The last fine bucket that a bound includes.</summary>
    public static readonly ImmutableArray<int> LastBucket = [.. Seconds.Select(NearestEdge)];

    /// <summary>The values of the label <c>le</c>, the last one for what is beyond every bound. OpenMetrics writes 1 as 1.0.</summary>
    public static ImmutableArray<string> Labels(bool isOpenMetrics) => isOpenMetrics ? OpenMetricsLabels : TextLabels;

    private static int NearestEdge(double seconds) =>
        (int)Math.Round(Math.Log(seconds / LatencyBuckets.FirstUpperSeconds) / LatencyBuckets.LogRatio);
}
