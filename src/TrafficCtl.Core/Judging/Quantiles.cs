using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging;

/// <summary>Quantiles of latency histograms, by the geometric middle of the bucket (at most 0.82 % off).</summary>
internal static class Quantiles
{
    /// <summary>In seconds; NaN when empty, infinity in the overflow.</summary>
    public static double Of(LatencyShape shape, double q) => Of(shape.Counts, shape.Counts, shape.Total * 2, q);

    /// <summary>In seconds, of two histograms together; NaN when both are empty, infinity in the overflow.</summary>
    public static double Of(LatencyShape one, LatencyShape other, double q) => Of(one.Counts, other.Counts, one.Total + other.Total, q);

    private static double Of(ReadOnlySpan<int> one, ReadOnlySpan<int> other, long total, double q)
    {
        if (total == 0) return double.NaN;
        var wanted = q * total;
        long below = 0;
        for (var i = 0; i < one.Length; i++)
        {
            below += one[i] + other[i];
            if (below < wanted) continue;
            return i == 0 ? LatencyBuckets.FirstUpperSeconds : LatencyBuckets.UpperSeconds(i) / Math.Sqrt(LatencyBuckets.Ratio);
        }

        return double.PositiveInfinity;
    }
}
