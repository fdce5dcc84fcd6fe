using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>How long stable takes on one route, and the boundary that is drawn from it. Older requests fade by halving.</summary>
internal sealed class PathTimes
{
    private const int Most = 1 << 16, LeastHistory = 50;
    private const double Wanted = 0.3, RedrawSeconds = 60;

    private readonly int[] counts = new int[PathBuckets.Count];
    private double share, sinceDrawn;

    /// <summary>Requests that it holds.</summary>
    public int Total { get; private set; }

    /// <summary>u is the upper edge of this bucket; −1 before it is drawn.</summary>
    public int Boundary { get; private set; } = -1;

    /// <summary>Requests slower than u.</summary>
    public double Above => SumAbove(Boundary);

    /// <summary>Draws u where it is not drawn, or where stable's share above it has left [½, 2] × what it was.</summary>
    /// <param name="rate">The prediction of that share.</param>
    /// <param name="seconds">Since the last call.</param>
    /// <returns>It is another one.</returns>
    public bool Draw(double rate, double seconds)
    {
        sinceDrawn += seconds;
        if (Total < LeastHistory) return false;
        if (Boundary >= 0 && (sinceDrawn < RedrawSeconds || (rate >= share / 2 && rate <= share * 2))) return false;
        sinceDrawn = 0;
        var (best, nearest, above) = (-1, double.PositiveInfinity, SumAbove(PathBuckets.Overflow - 1 - PathLatencySignal.Shift));
        for (var bucket = PathBuckets.Overflow - 1 - PathLatencySignal.Shift; bucket >= 0; above += counts[bucket--])
        {
            if (above == 0) continue;
            var off = Math.Abs(Math.Log(above / (double)Total / Wanted));
            if (off < nearest) (best, nearest) = (bucket, off);
        }

        if (best < 0 || best == Boundary) return false;
        (Boundary, share) = (best, SumAbove(best) / (double)Total);
        return true;
    }

    public void Absorb(ReadOnlySpan<long> window)
    {
        for (var i = 0; i < counts.Length; i++)
        {
            if (window[i] <= 0) continue;
            var added = (int)Math.Min(window[i], Most);
            counts[i] += added;
            Total += added;
        }

        while (Total > Most) Halve();
    }

    public static long Sum(ReadOnlySpan<long> counts, int from)
    {
        long sum = 0;
        for (var i = from; i < counts.Length; i++) sum += Math.Max(0, counts[i]);
        return sum;
    }

    private int SumAbove(int bucket)
    {
        var sum = 0;
        for (var i = bucket + 1; i < counts.Length; i++) sum += counts[i];
        return sum;
    }

    private void Halve()
    {
        Total = 0;
        for (var i = 0; i < counts.Length; i++) Total += counts[i] >>= 1;
    }

    public void Save(StateWriter to)
    {
        to.Sparse(counts);
        to.Count(Boundary + 1);
        if (Boundary >= 0) to.Doubles([share, sinceDrawn]);
    }

    public void Load(ref StateReader from)
    {
        from.Sparse(counts);
        Total = 0;
        foreach (var count in counts) Total += count;
        Boundary = from.Index(PathBuckets.Count + 1) - 1;
        if (Boundary >= 0) (share, sinceDrawn) = (from.Double(), from.Double());
    }
}
