using TrafficCtl.Core.Signals;

namespace TrafficCtl.Offline.Judging;

/// <summary>
/// How long stable usually takes to answer, by the trace so far: a client that leaves later leaves late, as in the proxy.
/// </summary>
internal sealed class UsualAnswer
{
    private const int LeastAnswers = 100;
    private const double Quantile = 0.99;

    private long[] counts = [];
    private long total;

    /// <summary>The upper edge of the bucket with the 99 % quantile; infinity before a hundred answers.</summary>
    public double Seconds { get; private set; } = double.PositiveInfinity;

    public void Clear()
    {
        Array.Clear(counts);
        (total, Seconds) = (0, double.PositiveInfinity);
    }

    /// <summary>Absorbs a tick of stable, whose windows are held against what was known before it.</summary>
    public void Absorb(Counts stable)
    {
        var times = stable.Times;
        if (counts.Length != times.Length)
        {
            counts = new long[times.Length];
            total = 0;
        }

        for (var i = 0; i < times.Length; i++)
        {
            counts[i] += times[i];
            total += times[i];
        }

        if (total < LeastAnswers) return;
        var (below, bucket) = (0L, -1);
        while (below < Quantile * total) below += counts[++bucket];
        Seconds = stable.Layout.UpperSeconds(bucket);
    }
}
