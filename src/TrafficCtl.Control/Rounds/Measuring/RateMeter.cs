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
    private static readonly TimeSpan Second = TimeSpan.FromMilliseconds(900);
    private static readonly TimeSpan HalfSpan = TimeSpan.FromSeconds(5);

    private readonly (DateTimeOffset At, ArmTotals Totals)[] points = new (DateTimeOffset, ArmTotals)[Seconds + 1];
    private LatencyLayout layout = LatencyLayout.Proxy;
    private int head = -1;
    private int count;
    private int[]? older;
    private int[]? old;
    private DateTimeOffset oldAt;

    private int Fold => ReferenceEquals(layout, LatencyLayout.Proxy) ? 3 : 1;

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
        Copy(cumulative, reused);
        (older, old, oldAt) = (old, reused, at);
    }

    /// <param name="all">Since the rollout began, with what earlier lives of the counters held.</param>
    public ArmRates Rates(Counts cumulative, ArmTotals now, ArmTotals all, DateTimeOffset at)
    {
        if (count == 0) return default;
        var first = points[(head - count + 1 + points.Length) % points.Length];
        // Of a source that is read more seldom, since the reading before.
        for (var back = count - 2; back > 0 && at - first.At > TimeSpan.FromSeconds(Seconds + 0.5); back--)
            first = points[(head - back + points.Length) % points.Length];
        var seconds = Math.Max((at - first.At).TotalSeconds, 0);
        var recent = now - first.Totals;
        return new ArmRates(
            seconds > 0 ? recent.Requests / seconds : 0, recent.Requests > 0 ? recent.Failures / (double)recent.Requests : 0,
            Quantile(cumulative, 0.5), Quantile(cumulative, 0.99), cumulative.InFlight, all.Requests, all.Failures);
    }

    /// <summary>The geometric middle of the wide bucket that holds the quantile; 0 without a request.</summary>
    private double Quantile(Counts cumulative, double quantile)
    {
        var from = older ?? old;
        long total = 0;
        for (var i = 0; i < Coarse; i++) total += Since(cumulative, from, i);
        if (total <= 0) return 0;
        var rank = (long)Math.Ceiling(total * quantile);
        long seen = 0;
        for (var i = 0; i < Coarse; i++)
        {
            seen += Since(cumulative, from, i);
            if (seen >= rank) return layout.MiddleSeconds(Math.Min((i * Fold) + (Fold / 2), layout.Overflow - 1));
        }

        return layout.UpperSeconds(layout.Overflow - 1);
    }

    private int Since(Counts cumulative, int[]? from, int coarse) => unchecked(At(cumulative, coarse) - (from?[coarse] ?? 0));

    private int At(Counts cumulative, int coarse)
    {
        var first = coarse * Fold;
        long sum = 0;
        for (var i = first; i < Math.Min(first + Fold, cumulative.Layout.Count); i++)
        {
            sum += cumulative.Times[i] + (cumulative.Abandoned?[i] ?? 0)
                + (cumulative.Surplus?[i] ?? 0) + (cumulative.SurplusAbandoned?[i] ?? 0);
        }

        return unchecked((int)sum);
    }

    private void Copy(Counts cumulative, int[] to)
    {
        for (var i = 0; i < to.Length; i++) to[i] = At(cumulative, i);
    }
}
