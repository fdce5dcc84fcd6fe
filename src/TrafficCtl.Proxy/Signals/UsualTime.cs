using TrafficCtl.Core.Signals;

namespace TrafficCtl.Proxy.Signals;

/// <summary>How long stable usually takes to answer: the 99 % quantile of its answers under the present rollout.</summary>
/// <remarks>
/// A client that leaves later than this tells of the version, one that leaves sooner of itself: of an equal version hardly one
/// request in a hundred is unanswered by then, so that nobody can make it fail by leaving. It is known before the requests that
/// are held against it. Requests that met their deadline had no answer and are left out. Written by one thread at a time.
/// </remarks>
/// <param name="ticks">What is known from before, in units of the clock's timestamps; <see cref="Unknown"/> for nothing.</param>
internal sealed class UsualTime(long ticks = UsualTime.Unknown)
{
    public const long Unknown = long.MaxValue;

    /// <summary>Answers that a quantile is taken of at least.</summary>
    public const int LeastAnswers = 100;

    private const double Quantile = 0.99;

    private long ticks = ticks;

    public long Ticks => Volatile.Read(ref ticks);

    /// <summary>Takes the quantile of these; too few change nothing.</summary>
    public void Learn(Counts stable, double secondsPerTick)
    {
        var answered = stable.Times[..LatencyBuckets.Overflow];
        long total = 0, below = 0;
        foreach (var count in answered) total += count;
        if (total < LeastAnswers) return;
        for (var bucket = 0; bucket < answered.Length; bucket++)
        {
            below += answered[bucket];
            if (below < Quantile * total) continue;
            Volatile.Write(ref ticks, (long)(LatencyBuckets.UpperSeconds(bucket) / secondsPerTick));
            return;
        }
    }
}
