using System.Globalization;

namespace TrafficCtl.Core.Judging.Signals;

/// <param name="Quantile">p50, p90 or the named one.</param>
/// <param name="Share">Its weight within latency.</param>
/// <param name="IsShown">It must be shown no worse; otherwise it is watched for harm only.</param>
internal readonly record struct LatencyLevel(double Quantile, double Share, bool IsShown)
{
    /// <summary>p50, p90 and the named quantile; the named one takes p90's place when it is p90.</summary>
    public static LatencyLevel[] Of(Analysis analysis)
    {
        var named = analysis.Latency.Quantile;
        return Math.Abs(named - 0.9) < 1e-9
            ? [new(0.5, 0.3, true), new(named, 0.7, true)]
            : [new(0.5, 0.3, true), new(0.9, 0.3, false), new(named, 0.4, true)];
    }

    public string Name => "latency " + Short;

    /// <summary><c>p50</c>, <c>p99.9</c>.</summary>
    public string Short => "p" + (Quantile * 100).ToString("0.###", CultureInfo.InvariantCulture);
}
