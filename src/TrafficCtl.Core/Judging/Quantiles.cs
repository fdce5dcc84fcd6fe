using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging;

/// <summary>Quantiles of latency histograms, by the geometric middle of the bucket (at most 0.82 % off).</summary>
internal static class Quantiles
{
    /// <summary>In seconds, of two histograms together; NaN when both are empty, infinity in the overflow.</summary>
    public static double Of(ReadOnlySpan<int> one, ReadOnlySpan<int> other, double q)
    {
        double total = 0;
        for (var i = 0; i < one.Length; i++) total += one[i] + other[i];
        if (total == 0) return double.NaN;

        double below = 0;
        for (var i = 0; i < one.Length; i++)
        {
            below += one[i] + other[i];
            if (below < q * total) continue;
            return i == 0 ? LatencyBuckets.FirstUpperSeconds : LatencyBuckets.UpperSeconds(i) / Math.Sqrt(LatencyBuckets.Ratio);
        }

        return double.PositiveInfinity;
    }

    /// <summary>In seconds; NaN when empty.</summary>
    public static double Of(LatencyShape shape, double q)
    {
        Span<int> nothing = stackalloc int[shape.Counts.Length];
        nothing.Clear();
        return Of(shape.Counts, nothing, q);
    }
}
