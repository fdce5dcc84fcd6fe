using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Control.Rounds.Measuring;

/// <summary>One arm's traffic of the last ten seconds, from cumulative counters.</summary>
/// <remarks>
/// A request that was abandoned counts in the quantiles with the time that it waited. Latency is kept in buckets three times as wide
/// as the recorder's (5 %), twice, five seconds apart: a view needs no more. Coarse buckets are kept as they are.
/// </remarks>
internal sealed class RateMeter
{
    private const int Seconds = 10;
    private const int Folded = 3;
    private static readonly TimeSpan Second = TimeSpan.FromMilliseconds(900);
    private static readonly TimeSpan HalfSpan = TimeSpan.FromSeconds(5);

    private readonly (DateTimeOffset At, ArmTotals Totals)[] points = new (DateTimeOffset, ArmTotals)[Seconds + 1];
    private LatencyLayout layout = LatencyLayout.Proxy;
    private int head = -1;
    private int count;
    private int[]? older;
    private int[]? old;
    private DateTimeOffset oldAt;

    private int Fold => ReferenceEquals(layout, LatencyLayout.Proxy) ? Folded : 1;

    private int Coarse => (layout.Count + Fold - 1) / Fold;

    public void Reset() => (head, count, older, old) = (-1, 0, null, null);

    public void Absorb(DateTimeOffset at, Counts cumulative, ArmTotals now)
    {
        if (!layout.Matches(cumulative.Layout))
        {
            Reset();
            layout = cumulative.Layout;
        }

        if (count > 0 && at - points[head].At < Second) return;
        head = (head + 1) % points.Length;
        count = Math.Min(count + 1, points.Length);
        points[head] = (at, now);
        if ((now.Requests == 0 && !cumulative.HasWaits) || (old is not null && at - oldAt < HalfSpan)) return;
        var reused = older ?? new int[Coarse];
        Merge(cumulative, reused);
        (older, old, oldAt) = (old, reused, at);
    }

    /// <param name="all">Since the rollout began, with what earlier lives of the counters held.</param>
    public ArmRates Rates(Counts cumulative, ArmTotals now, ArmTotals all, DateTimeOffset at)
    {
        if (count == 0) return default;
        var first = points[(head - count + 1 + points.Length) % points.Length];
        // A source that is read more seldom has one reading a second or less: the one before counts.
        for (var back = count - 2; back > 0 && at - first.At > TimeSpan.FromSeconds(Seconds + 0.5); back--)
            first = points[(head - back + points.Length) % points.Length];
        var seconds = Math.Max((at - first.At).TotalSeconds, 0);
        var recent = now - first.Totals;
        Span<int> lately = stackalloc int[Coarse];
        Merge(cumulative, lately);
        if ((older ?? old) is { } from)
            for (var i = 0; i < lately.Length; i++) lately[i] = unchecked(lately[i] - from[i]);
        return new ArmRates(
            seconds > 0 ? recent.Requests / seconds : 0, recent.Requests > 0 ? recent.Failures / (double)recent.Requests : 0,
            Quantile(lately, 0.5), Quantile(lately, 0.99), cumulative.InFlight, all.Requests, all.Failures);
    }

    /// <summary>The geometric middle of the wide bucket that holds the quantile; 0 without a request.</summary>
    private double Quantile(ReadOnlySpan<int> lately, double quantile)
    {
        long total = 0;
        foreach (var n in lately) total += n;
        if (total <= 0) return 0;
        var rank = (long)Math.Ceiling(total * quantile);
        long seen = 0;
        for (var i = 0; i < lately.Length; i++)
        {
            seen += lately[i];
            if (seen >= rank) return layout.MiddleSeconds(Math.Min((i * Fold) + (Fold / 2), layout.Overflow - 1));
        }

        return layout.UpperSeconds(layout.Overflow - 1);
    }

    /// <summary>All that has a time, in wide buckets.</summary>
    private void Merge(Counts cumulative, Span<int> wide)
    {
        wide.Clear();
        Merge(cumulative.Times, wide);
        Merge(cumulative.Abandoned, wide);
        Merge(cumulative.Surplus, wide);
        Merge(cumulative.SurplusAbandoned, wide);
    }

    /// <summary>The sums may wrap: only differences of a few seconds are read.</summary>
    private void Merge(ReadOnlySpan<long> fine, Span<int> wide)
    {
        if (fine.IsEmpty) return;
        var at = 0;
        if (Fold == Folded)
        {
            for (var i = 0; at + Folded <= fine.Length; i++, at += Folded)
                wide[i] = unchecked(wide[i] + (int)(fine[at] + fine[at + 1] + fine[at + 2]));
        }

        for (; at < fine.Length; at++) wide[at / Fold] = unchecked(wide[at / Fold] + (int)fine[at]);
    }
}
