using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Judging.Signals;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging;

/// <summary>What a reason names, and what it leaves out.</summary>
public class ReasonTests
{
    private static readonly Version Good = new(Errors: 0.001);
    private static readonly Weights Ten = Weights.OfCandidate(1000);

    [Fact]
    public void An_advisory_signal_that_holds_is_named_with_its_numbers_and_its_finding_shows_the_harm()
    {
        var analysis = Analysis.Default with { Metrics = [new MetricTolerance("work", Direction.Lower, 0.15)] };
        var judgement = Judged(analysis, 240, (tick, _) => tick with { Metrics = [new MetricPair(2, 3.2)] });
        Assert.Equal(Verdict.Unsure, judgement.Verdict);
        var finding = judgement.Findings.Single(f => f.Signal == "work");
        Assert.Matches(
            @"^advisory signal worse: work: combined evidence \S+ reached 20; it holds, it does not roll back; candidate work × 1\.6 of stable's over \d+ min \(lower is better\); worse than the tolerance: evidence of harm \S+ of 20$",
            judgement.Reason);
        Assert.EndsWith(finding.Text, judgement.Reason, StringComparison.Ordinal);
        Assert.Equal(Verdict.Unsure, finding.Verdict);
        Assert.Equal(Math.Log(20), finding.Bound, 9);
        Assert.True(finding.Evidence >= finding.Bound);
        Assert.Null(judgement.Forecast);
    }

    [Fact]
    public void Of_several_advisory_signals_the_worst_is_named_and_the_others_say_what_they_show()
    {
        var analysis = Analysis.Default with { Metrics = [new("work", Direction.Lower, 0.15), new("heap", Direction.Lower, 0.15)] };
        var judgement = Judged(analysis, 240, (tick, _) => tick with { Metrics = [new MetricPair(2, 2), new MetricPair(1, 2)] });
        Assert.StartsWith("advisory signal worse: heap: ", judgement.Reason, StringComparison.Ordinal);
        var (work, heap) = (judgement.Findings.Single(f => f.Signal == "work"), judgement.Findings.Single(f => f.Signal == "heap"));
        Assert.Equal(Math.Log(40), heap.Bound, 9);
        Assert.Contains("shown to be no worse by 15 %", work.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_that_only_hold_are_named_too()
    {
        var analysis = Analysis.Default with { Errors = new ErrorTolerance(Then: Consequence.Hold) };
        var traffic = new Simulation(2, 1500, 5);
        var judge = new Judge(analysis, traffic.Past(Good, 300));
        for (var i = 0; i < 60; i++) judge.Observe(traffic.Next(Good, Good with { Errors = 0.006 }, Ten));
        var judgement = judge.Decide(Weights.AllCandidate);
        Assert.StartsWith("advisory signal worse: errors: combined evidence ", judgement.Reason, StringComparison.Ordinal);
        Assert.Contains("candidate errors 0.", judgement.Reason, StringComparison.Ordinal);
        Assert.Contains("evidence of harm", judgement.Findings.Single(f => f.Signal == "errors").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_shown_already_is_not_listed_among_what_is_missing()
    {
        var analysis = Analysis.Default with { Users = new UserTolerance() };
        var judgement = Judged(
            analysis, 240, (tick, _) => tick with { StableFlow = new UserFlow(9, 0), CandidateFlow = new UserFlow(1, 0) });
        Assert.Matches(
            @"^not yet shown to be good enough for 100 % \(margin × 1\): users \S+ of 20; if it is as good as stable, about \d+ (s|min|h)( \d+ (s|min))? more at this traffic$",
            judgement.Reason);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(1.2, false)]
    public void A_forecast_is_made_while_the_candidate_looks_as_good_as_the_margin_asks(double ratio, bool isMade)
    {
        var analysis = Analysis.Default with { Metrics = [new MetricTolerance("cpu", Direction.Lower, 0.15, Consequence.Rollback)] };
        var judgement = Judged(analysis, 40, (tick, _) => tick with { Metrics = [new MetricPair(1, ratio)] });
        Assert.Equal(Verdict.Unsure, judgement.Verdict);
        Assert.StartsWith("not yet shown", judgement.Reason, StringComparison.Ordinal);
        Assert.Equal(isMade, judgement.Forecast is not null);
        Assert.Equal(isMade, judgement.Reason.Contains("if it is as good as stable, about", StringComparison.Ordinal));
    }

    [Fact]
    public void Rates_beyond_the_margin_promise_nothing()
    {
        var process = new PairE(PairForm.Rate, Bets.NonInferiority, 1.1, 0.001, 1);
        Assert.False(process.IsBeyond(default));
        Assert.False(process.IsBeyond(new PairCounts(1000, 2, 1000, 1)));
        Assert.True(process.IsBeyond(new PairCounts(1000, 3, 1000, 1)));
    }

    [Fact]
    public void The_overflow_of_a_file_is_slower_than_its_last_bound_and_that_of_the_proxy_is_the_deadline()
    {
        var classic = LatencyLayout.Of([0.1, 0.2, 0.4]);
        Assert.Equal(("slower than the last bound (400 ms)", "the last bound (400 ms)", "200 ms"), (
            SignalWords.Latency(double.PositiveInfinity, classic), SignalWords.Bound(double.PositiveInfinity, classic),
            SignalWords.Latency(0.2, classic)));
        Assert.Equal(("the deadline", "the deadline"), (
            SignalWords.Latency(double.PositiveInfinity, LatencyLayout.Proxy),
            SignalWords.Bound(double.PositiveInfinity, LatencyLayout.Proxy)));

        var judge = new Judge(Analysis.Default, new Baseline(classic));
        for (var i = 0; i < 40; i++) judge.Observe(new Tick(5, Slow(classic, 5), Slow(classic, 500), Ten, default, default));
        Assert.Contains(
            "candidate p99 slower than the last bound (400 ms) against ",
            judge.Decide(Ten).Findings.Single(f => f.Signal == "latency p99").Text, StringComparison.Ordinal);
    }

    private static Counts Slow(LatencyLayout layout, int over)
    {
        var counts = new Counts(layout);
        counts.ByOutcome[(int)Outcome.Success] = 1000 + over;
        (counts.Latency[0], counts.Latency[1], counts.Latency[2], counts.Latency[3]) = (700, 200, 100, over);
        return counts;
    }

    private static Judgement Judged(Analysis analysis, int ticks, Func<Tick, int, Tick> with)
    {
        var traffic = new Simulation(1, 1500, 5);
        var judge = new Judge(analysis, traffic.Past(Good, 300));
        for (var i = 0; i < ticks; i++) judge.Observe(with(traffic.Next(Good, Good, Ten), i));
        return judge.Decide(Weights.AllCandidate);
    }
}
