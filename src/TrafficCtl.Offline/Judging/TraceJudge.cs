using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Offline.Judging;

/// <summary>One trace after the other: its verdict at every tick, and since when the last one holds.</summary>
/// <remarks>
/// A judge begins with the bounds of the trace and with the usual length of its ticks. Until both are known the ticks
/// wait: for the second one when nobody says the length, and for the first one with latency.
/// </remarks>
internal sealed class TraceJudge(Analysis analysis, Weights next)
{
    private static readonly TimeSpan ShortestTick = TimeSpan.FromSeconds(1), LongestTick = TimeSpan.FromHours(1);

    private readonly List<TickSlot> waiting = [];
    private readonly TickSlot work = new();

    private Judge? judge;
    private Verdict verdict;
    private double since = double.NaN;

    public void Observe(TickSlot tick)
    {
        if (judge is null)
        {
            var isLengthKnown = tick.IsLengthGiven || waiting.Count > 0;
            var isLatencyKnown = tick.Layout is not null || waiting.Count >= Traces.MostWithoutLatency;
            if (!isLengthKnown || !isLatencyKnown)
            {
                var copy = new TickSlot();
                copy.CopyFrom(tick);
                waiting.Add(copy);
                return;
            }

            Start(tick);
        }

        Step(tick);
    }

    /// <summary>The trace has ended; the next tick is of another one.</summary>
    public TraceVerdict Finish(TraceEnd end)
    {
        if (judge is null) Start(waiting.LastOrDefault());
        var judgement = judge!.Decide(next);
        var isSure = verdict == Verdict.Fail || (verdict == Verdict.Pass && end.BadLines == 0);
        var result = new TraceVerdict(end.Trace, isSure ? verdict : Verdict.Unsure, isSure ? since : double.NaN, end.BadLines, judgement);
        (judge, verdict, since) = (null, Verdict.Unsure, double.NaN);
        waiting.Clear();
        return result;
    }

    /// <param name="newest">The last tick there is; null when the trace has none.</param>
    private void Start(TickSlot? newest)
    {
        var layout = newest?.Layout;
        var seconds = waiting switch
        {
            [] => newest?.Seconds ?? Traces.UsualSeconds,
            [{ IsLengthGiven: true } first, ..] => first.Seconds,
            [_, var second, ..] => second.Seconds,
            _ => newest!.Seconds,
        };
        var usual = TimeSpan.FromSeconds(Math.Clamp(seconds, ShortestTick.TotalSeconds, LongestTick.TotalSeconds));
        judge = new Judge(analysis with { Tick = usual }, new Baseline(layout ?? TickSlot.NoLayout), newest?.Paths);
        foreach (var tick in waiting)
        {
            work.CopyFrom(tick);
            work.Fit(layout);
            Step(work);
        }

        waiting.Clear();
    }

    private void Step(TickSlot tick)
    {
        judge!.Observe(tick.Tick);
        var now = judge.VerdictFor(next);
        if (now != verdict) since = tick.T;
        verdict = now;
    }
}

/// <param name="Trace">Its id; null when it has none.</param>
/// <param name="Verdict">The verdict of the trace as it was read; never pass when lines of it were left out.</param>
/// <param name="DecidedAt">The t from which the verdict held to the end; NaN when unsure.</param>
/// <param name="BadLines">Lines that were left out.</param>
/// <param name="Judgement">The judge's last word, with its findings.</param>
internal sealed record TraceVerdict(string? Trace, Verdict Verdict, double DecidedAt, long BadLines, Judgement Judgement);
