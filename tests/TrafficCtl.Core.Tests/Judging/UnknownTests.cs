using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging;

/// <summary>Unknown never passes and never fails.</summary>
public class UnknownTests
{
    private static readonly Version Good = new();
    private static readonly Weights Five = Weights.OfCandidate(500);
    private static readonly Weights Ten = Weights.OfCandidate(1000);

    [Fact]
    public void Without_a_look_it_is_unsure()
    {
        var judgement = new Judge(Analysis.Default, new Baseline()).Decide(Ten);
        Assert.Equal(Verdict.Unsure, judgement.Verdict);
        Assert.Contains("no data", judgement.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Silence_of_an_arm_is_unsure_however_long_it_lasts(bool stableSilent, bool candidateSilent)
    {
        var traffic = new Simulation(1, 500, 5);
        var judge = new Judge(Analysis.Default, traffic.Past(Good, 600));
        for (var i = 0; i < 200; i++) judge.Observe(Silenced(traffic.Next(Good, Good, Five), stableSilent, candidateSilent));
        var judgement = judge.Decide(Ten);
        Assert.Equal(Verdict.Unsure, judgement.Verdict);
        Assert.Contains("no data", judgement.Reason, StringComparison.Ordinal);
        Assert.Null(judgement.Forecast);
    }

    [Fact]
    public void Three_silent_looks_take_a_pass_back_and_traffic_returns_it()
    {
        var traffic = new Simulation(2, 1500, 5);
        var judge = new Judge(Analysis.Default, traffic.Past(Good, 600));
        for (var i = 0; i < 60; i++) judge.Observe(traffic.Next(Good, Good, Five));
        Assert.Equal(Verdict.Pass, judge.Decide(Ten).Verdict);
        for (var i = 0; i < 3; i++) judge.Observe(Silenced(traffic.Next(Good, Good, Five), false, true));
        Assert.Equal(Verdict.Unsure, judge.Decide(Ten).Verdict);
        judge.Observe(traffic.Next(Good, Good, Five));
        Assert.Equal(Verdict.Pass, judge.Decide(Ten).Verdict);
    }

    [Fact]
    public void A_tick_without_the_candidate_does_not_forget_that_few_users_fail()
    {
        var traffic = new Simulation(6, 1500, 5);
        var judge = new Judge(Analysis.Default, traffic.Past(Good, 600));
        for (var i = 0; i < 30; i++)
        {
            var tick = traffic.Next(Good, Good with { Errors = 0.2 }, Five);
            judge.Observe(tick with { CandidateUsers = tick.CandidateUsers with { Failing = 2 } });
        }

        Assert.Equal(Verdict.Unsure, judge.Decide(Ten).Verdict);
        judge.Observe(Silenced(traffic.Next(Good, Good, Five), false, true) with { CandidateUsers = default });
        Assert.Equal(Verdict.Unsure, judge.Decide(Ten).Verdict);
    }

    [Fact]
    public void A_past_that_ran_dry_blinds_nothing()
    {
        var traffic = new Simulation(7, 300, 5);
        var judge = new Judge(Analysis.Default, traffic.Past(Good, 600));
        for (var i = 0; i < 40; i++) judge.Observe(traffic.Next(Good, Good, Five));
        for (var i = 0; i < 1500; i++) judge.Observe(Silenced(traffic.Next(Good, Good, Five), true, false));
        for (var i = 0; i < 200; i++) judge.ObserveHistorical(traffic.Next(Good, Good with { Errors = 0.3 }, Weights.AllCandidate));
        Assert.Equal(Verdict.Fail, judge.Decide(Weights.AllCandidate).Verdict);
    }

    [Fact]
    public void A_past_without_requests_neither_passes_nor_fails()
    {
        var traffic = new Simulation(3, 300, 5);
        var judge = new Judge(Analysis.Default, new Baseline());
        for (var i = 0; i < 50; i++) judge.ObserveHistorical(traffic.Next(Good, Good with { Errors = 0.5 }, Weights.AllCandidate));
        Assert.Equal(Verdict.Unsure, judge.Decide(Weights.AllCandidate).Verdict);
    }

    [Fact]
    public void Errors_alone_do_not_pass_when_no_latency_was_measured()
    {
        var judge = new Judge(Analysis.Default, new Baseline());
        for (var i = 0; i < 200; i++)
        {
            var (stable, candidate) = (new Counts(), new Counts());
            stable.ByOutcome[0] = 5000;
            candidate.ByOutcome[0] = 5000;
            judge.Observe(new Tick(5, stable, candidate, Weights.OfCandidate(5000), default, default));
        }

        Assert.Equal(Verdict.Unsure, judge.Decide(Ten).Verdict);
    }

    [Theory]
    [InlineData(1_000_000_000_000, 0, 0)]
    [InlineData(1_000_000_000_000, 1_000_000_000_000, 1_000_000_000_000)]
    [InlineData(1_000_000_000_000, 0, 1_000_000_000_000)]
    [InlineData(1_000_000_000_000, 1_000_000_000_000, 0)]
    [InlineData(1, 1, 1)]
    [InlineData(1, 5, 7)]
    [InlineData(-5, 3, -3)]
    public void Extreme_and_impossible_counts_never_become_nonsense(long requests, long stableFailures, long candidateFailures)
    {
        var judge = new Judge(Analysis.Default, new Baseline());
        for (var i = 0; i < 60; i++)
        {
            var tick = new Tick(
                5, Of(requests, stableFailures), Of(requests, candidateFailures), Weights.OfCandidate(5000), default, default);
            judge.Observe(tick);
        }

        for (var i = 0; i < 20; i++)
            judge.ObserveHistorical(new Tick(5, new Counts(), Of(requests, candidateFailures), Weights.AllCandidate, default, default));

        var evidence = judge.Evidence;
        double[] logs =
        [
            evidence.Errors.Harm.LogE, evidence.Errors.Guard.LogE, evidence.Errors.Historical.LogE, judge.Decide(Ten).Evidence,
            .. evidence.Errors.NonInferiority.Select(p => p.LogE),
            .. evidence.Latency.Select(l => l.Harm.LogE), .. evidence.Latency.Select(l => l.Historical.LogE),
            .. evidence.Latency.SelectMany(l => l.NonInferiority).Select(p => p.LogE),
        ];
        Assert.All(logs, log => Assert.True(double.IsFinite(log), $"{log}"));
    }

    private static Counts Of(long requests, long failures)
    {
        var counts = new Counts { CappedFailures = failures };
        counts.ByOutcome[(int)Outcome.Success] = requests - failures;
        counts.ByOutcome[(int)Outcome.ServerError] = failures;
        counts.Latency[LatencyBuckets.IndexOf(0.05)] = requests / 2;
        counts.Latency[LatencyBuckets.Overflow] = requests - (requests / 2);
        return counts;
    }

    private static Tick Silenced(Tick tick, bool stable, bool candidate)
    {
        if (stable) tick.Stable.Clear();
        if (candidate) tick.Candidate.Clear();
        return tick;
    }
}
