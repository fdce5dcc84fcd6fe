using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging;

/// <summary>u: where a quantile of stable lies. A request counts when it is slower than u.</summary>
/// <param name="Bucket">u is this bucket's upper edge.</param>
/// <param name="Part">
/// The part of the bucket itself that counts too: 0, unless one bucket holds so much that its edge would miss the
/// quantile by far (a constant latency). Both arms are cut alike, so the comparison stays valid (the expectation
/// over a thinning of counts, by Jensen).
/// </param>
internal readonly record struct LatencyBoundary(int Bucket, double Part)
{
    /// <summary>Requests that history must hold before a boundary is drawn from it.</summary>
    public const int LeastHistory = 20;

    /// <summary>The boundary at stable's quantile; the past must not be empty.</summary>
    public static LatencyBoundary At(Baseline past, double quantile)
    {
        var wanted = (1 - quantile) * past.LatencyTotal;
        long above = 0;
        var bucket = past.Layout.Overflow;
        for (; bucket > 0 && above + past.LatencyAt(bucket) <= wanted; bucket--) above += past.LatencyAt(bucket);
        var inside = past.LatencyAt(bucket);
        if (inside == 0 || above >= wanted / 2) return new LatencyBoundary(bucket, 0);
        return new LatencyBoundary(bucket, Math.Min(1, (wanted - above) / inside));
    }

    /// <summary>Requests slower than u, with u shifted up by some buckets.</summary>
    public double Count(ReadOnlySpan<long> counts, int shift)
    {
        var bucket = Shifted(shift, counts.Length - 1);
        var above = Tails.Sum(counts[(bucket + 1)..]);
        return Part > 0 ? above + (Part * counts[bucket]) : above;
    }

    /// <summary>Requests of the past slower than u shifted.</summary>
    public double Count(Baseline past, int shift)
    {
        var bucket = Shifted(shift, past.Layout.Overflow);
        var above = Part * past.LatencyAt(bucket);
        for (var i = bucket + 1; i < past.Layout.Count; i++) above += past.LatencyAt(i);
        return above;
    }

    /// <summary>u in seconds, shifted; infinity when all of the overflow is beyond it.</summary>
    public double Seconds(LatencyLayout layout, int shift) => layout.UpperSeconds(Shifted(shift, layout.Overflow));

    // Without a part the overflow bucket must stay above u, or nothing could ever be slower.
    private int Shifted(int shift, int overflow) => Math.Min(Bucket + shift, Part > 0 ? overflow : overflow - 1);
}
