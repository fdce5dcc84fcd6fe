using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>u: where a quantile of stable lies. A request counts when it is slower than u.</summary>
/// <param name="Bucket">u is this bucket's upper edge.</param>
/// <param name="Part">
/// The part of the bucket itself that counts too: 0, unless one bucket holds so much that its edge would miss the
/// quantile by far (a constant latency). Both arms are cut alike, so the comparison stays valid (the expectation
/// over a thinning of counts, by Jensen).
/// </param>
/// <param name="Share">Stable's share slower than u when it was drawn.</param>
/// <param name="Steep">
/// −Δln S/Δln u of stable's share slower than u, the larger of the slopes to the neighbouring edges; 0 in fine buckets,
/// where u itself can be shifted.
/// </param>
/// <param name="Flat">The smaller one.</param>
internal readonly record struct LatencyBoundary(int Bucket, double Part, double Share, double Steep = 0, double Flat = 0)
{
    /// <summary>Requests that history must hold before a boundary is drawn from it.</summary>
    public const int LeastHistory = 20;

    /// <summary>The boundary at stable's quantile; the past must not be empty. Null when the buckets are too coarse to have one.</summary>
    /// <param name="room">Edges that must be left above u.</param>
    public static LatencyBoundary? At(Baseline past, double quantile, int room) =>
        past.Layout.IsFine ? Fine(past, quantile, room) : Nearest(past, quantile);

    private static LatencyBoundary? Fine(Baseline past, double quantile, int room)
    {
        var highest = past.Layout.Overflow - 1 - room;
        if (highest < 0) return null;
        var wanted = (1 - quantile) * past.LatencyTotal;
        long above = 0;
        var bucket = past.Layout.Overflow;
        for (; bucket > 0 && above + past.LatencyAt(bucket) <= wanted; bucket--) above += past.LatencyAt(bucket);
        if (bucket > highest)
        {
            // The quantile lies at the end of the buckets: any u is valid, so the highest that can be shifted is taken.
            var lower = new LatencyBoundary(highest, 0, 0);
            return lower with { Share = lower.Count(past, 0) / past.LatencyTotal };
        }

        var inside = past.LatencyAt(bucket);
        if (inside == 0 || above >= wanted / 2) return new LatencyBoundary(bucket, 0, 1 - quantile);
        return new LatencyBoundary(bucket, Math.Min(1, (wanted - above) / inside), 1 - quantile);
    }

    /// <summary>The edge whose share slower than it is nearest the quantile's, on a log scale, with its neighbouring slopes.</summary>
    private static LatencyBoundary? Nearest(Baseline past, double quantile)
    {
        var layout = past.Layout;
        Span<double> slower = stackalloc double[64];
        slower = layout.Overflow <= slower.Length ? slower[..layout.Overflow] : new double[layout.Overflow];
        var above = (double)past.LatencyAt(layout.Overflow);
        for (var i = layout.Overflow - 1; i >= 0; above += past.LatencyAt(i), i--) slower[i] = above / past.LatencyTotal;

        LatencyBoundary? best = null;
        var (target, nearest) = (Math.Log(1 - quantile), double.PositiveInfinity);
        for (var i = 0; i < slower.Length; i++)
        {
            if (slower[i] <= 0) break;
            var off = Math.Abs(Math.Log(slower[i]) - target);
            var below = i > 0 ? Slope(i - 1, i, slower, layout) : double.NaN;
            var over = i + 1 < slower.Length && slower[i + 1] > 0 ? Slope(i, i + 1, slower, layout) : double.NaN;
            // Tails fall off ever steeper: where nothing is known above the edge, twice the slope below it is careful enough for harm.
            var (steep, flat) = (double.IsNaN(over) ? 2 * below : FMax(below, over), FMin(below, over));
            if (off >= nearest || !(flat > 0)) continue;
            (best, nearest) = (new LatencyBoundary(i, 0, slower[i], steep, flat), off);
        }

        return best;
    }

    private static double Slope(int from, int to, ReadOnlySpan<double> slower, LatencyLayout layout) =>
        Math.Log(slower[from] / slower[to]) / Math.Log(layout.UpperSeconds(to) / layout.UpperSeconds(from));

    // One of the two slopes may be missing.
    private static double FMax(double a, double b) => double.IsNaN(a) ? b : double.IsNaN(b) ? a : Math.Max(a, b);

    private static double FMin(double a, double b) => double.IsNaN(a) ? b : double.IsNaN(b) ? a : Math.Min(a, b);

    /// <summary>Requests slower than u, with u shifted up by some buckets.</summary>
    public double Count(ReadOnlySpan<long> counts, int shift)
    {
        var bucket = Shifted(shift, counts.Length - 1);
        var above = Tails.Sum(counts[(bucket + 1)..]);
        return Part > 0 ? above + (Part * counts[bucket]) : above;
    }

    /// <summary>Requests slower than u shifted, or abandoned later than it: they would have been slower.</summary>
    public double Count(Counts counts, int shift) =>
        Count(counts.Times, shift) + (counts.Abandoned is { } abandoned ? Count(abandoned, shift) : 0);

    /// <summary>Requests slower than u shifted, and all that were abandoned: how long they would have taken is unknown.</summary>
    public double CountAtMost(Counts counts, int shift) =>
        Count(counts.Times, shift) + (counts.Abandoned is { } abandoned ? Tails.Sum(abandoned) : 0);

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
