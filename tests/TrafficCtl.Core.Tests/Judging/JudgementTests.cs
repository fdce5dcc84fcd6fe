using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Signals;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging;

/// <summary>The numbers of a judgement and of its findings agree with each other and with their words.</summary>
public sealed class JudgementTests
{
    private static readonly Tick Good = Steady.Tick(), Bad = Steady.Tick(failures: 100);

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(3, 0, 0)]
    [InlineData(1, 4, 0.25)]
    public void The_rate_of_no_requests_is_zero(double events, double requests, double rate) =>
        Assert.Equal(rate, new Sample(events, requests).Rate);

    [Fact]
    public void The_evidence_of_a_failure_is_never_less_than_when_it_failed_nor_than_it_is_now()
    {
        var judge = Steady.Judge(5, Bad);
        var first = judge.Decide(Steady.Next);
        Assert.Equal((Verdict.Fail, 1 / Analysis.Default.Alpha), (first.Verdict, first.Bound));
        Assert.InRange(first.Evidence, first.Bound, double.MaxValue);
        for (var i = 0; i < 20; i++) judge.Observe(Bad);
        var worse = judge.Decide(Steady.Next);
        Assert.True(worse.Evidence > Math.Exp(judge.Evidence.Failure!.Value.LogE));
        for (var i = 0; i < 400; i++) judge.Observe(Steady.Tick(stableFailures: 40));
        var better = judge.Decide(Steady.Next);
        Assert.Equal(Verdict.Fail, better.Verdict);
        Assert.True(better.Evidence >= better.Bound);
        Assert.True(better.Evidence < 1e300);
    }

    [Fact]
    public void A_failure_names_its_signal_with_the_words_of_its_finding()
    {
        var judgement = Steady.Judge(5, Bad).Decide(Steady.Next);
        var blamed = judgement.Findings.Single(f => f.Signal == judgement.Blame);
        Assert.StartsWith($"{judgement.Blame} worse than the tolerance: combined evidence ", judgement.Reason, StringComparison.Ordinal);
        Assert.EndsWith($"; {blamed.Text}", judgement.Reason, StringComparison.Ordinal);
        Assert.Equal(Verdict.Fail, blamed.Verdict);
        Assert.Contains("evidence of harm ", blamed.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("divided by", blamed.Text, StringComparison.Ordinal);
        Assert.Null(judgement.Forecast);
    }

    [Fact]
    public void After_a_failure_each_critical_signal_that_proves_harm_alone_has_failed_and_no_other_has()
    {
        var judge = Steady.Judge(40, Steady.Tick(failures: 100, seconds: 0.02));
        var (judgement, evidence) = (judge.Decide(Steady.Next), judge.Evidence);
        Assert.Equal(Verdict.Fail, judgement.Verdict);
        var critical = evidence.Critical.Select(i => evidence.Signals[i].Name).ToHashSet();
        var proven = judgement.Findings.Where(f => critical.Contains(f.Signal) && f.Evidence >= f.Bound && f.Verdict != Verdict.Pass);
        Assert.Equal(
            proven.Select(f => f.Signal).Append(judgement.Blame!).Distinct().Order(StringComparer.Ordinal),
            judgement.Findings.Where(f => f.Verdict == Verdict.Fail).Select(f => f.Signal).Order(StringComparer.Ordinal));
        Assert.True(judgement.Findings.Count(f => f.Verdict == Verdict.Fail) > 1);
        Assert.Equal(1, Shares(judgement, evidence, historical: false), 6);
    }

    [Fact]
    public void Harm_that_is_proven_of_few_users_fails_no_finding()
    {
        var few = Bad with { CandidateUsers = new UserCounts(300, 6, 18, 2, 2, 300, false) };
        var judgement = Steady.Judge(40, few).Decide(Steady.Next);
        Assert.Equal(Verdict.Unsure, judgement.Verdict);
        Assert.Contains("but only 2 of the candidate's users fail", judgement.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(judgement.Findings, f => f.Verdict == Verdict.Fail);
        Assert.Null(judgement.Blame);
    }

    [Fact]
    public void Against_the_past_only_the_blamed_signal_fails_and_nothing_is_shown()
    {
        var judge = Steady.Judge(60, Good);
        for (var i = 0; i < 3; i++) judge.ObserveHistorical(Good);
        var (good, evidence) = (judge.Decide(Weights.AllCandidate), judge.Evidence);
        Assert.Equal(Verdict.Unsure, good.Verdict);
        Assert.All(good.Findings, f => Assert.Equal(Verdict.Unsure, f.Verdict));
        Assert.All(good.Findings, f => Assert.DoesNotContain("of harm", f.Text, StringComparison.Ordinal));
        Assert.Equal(1, Shares(good, evidence, historical: true), 6);
        Assert.Contains(
            $"evidence {NumberText.LogEvidence(Math.Log(good.Evidence))} of {NumberText.LogEvidence(evidence.FailBound)}", good.Reason,
            StringComparison.Ordinal);
        Assert.Equal(Math.Exp(evidence.LogE(historical: true, evidence.Critical)), good.Evidence, 9);

        for (var i = 0; i < 300; i++) judge.ObserveHistorical(Steady.Tick(failures: 200));
        var bad = judge.Decide(Weights.AllCandidate);
        Assert.Equal((Verdict.Fail, "errors (historical)"), (bad.Verdict, bad.Blame));
        var failed = Assert.Single(bad.Findings, f => f.Verdict == Verdict.Fail);
        Assert.Equal("errors (historical)", failed.Signal);
        Assert.Contains("; evidence of harm ", failed.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_finding_says_whether_it_is_shown_not_yet_shown_or_only_watched()
    {
        var early = Steady.Judge(3, Good).Decide(Weights.AllCandidate);
        Assert.Equal((Verdict.Unsure, true), Of(early, "errors", "not yet shown to be no worse by "));
        Assert.Equal((Verdict.Unsure, true), Of(early, "guard", "more than × 3 + 1 pp: evidence "));

        var late = Steady.Judge(400, Good).Decide(Steady.Next);
        Assert.Equal((Verdict.Pass, true), Of(late, "errors", "; shown to be no worse by "));
        Assert.Equal((Verdict.Unsure, true), Of(late, "latency p90", "watched for harm: evidence "));
        Assert.Equal(Math.Log(20), late.Findings.Single(f => f.Signal == "errors").Bound, 9);

        var outside = Steady.Judge(400, Good);
        outside.ObserveHarm(Good);
        var harm = outside.Decide(Steady.Next);
        Assert.Equal((Verdict.Unsure, true), Of(harm, "errors", "watched for harm only: evidence "));

        static (Verdict, bool) Of(Judgement judgement, string signal, string words)
        {
            var finding = judgement.Findings.Single(f => f.Signal == signal);
            return (finding.Verdict, finding.Text.Contains(words, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(10, 20, 1, "; warm-up 15 s more")]
    [InlineData(20, 10, 2, "; warm-up 10 s more")]
    [InlineData(20, 10, 4, null)]
    [InlineData(10, 20, 5, null)]
    public void The_longer_warm_up_is_what_is_left(int errors, int latency, int ticks, string? words)
    {
        var analysis = Analysis.Default with
        {
            ErrorWarmUp = TimeSpan.FromSeconds(errors),
            LatencyWarmUp = TimeSpan.FromSeconds(latency),
        };
        var judgement = Steady.Judge(ticks, Good, analysis).Decide(Weights.AllCandidate);
        Assert.Equal(Verdict.Unsure, judgement.Verdict);
        if (words is null) Assert.DoesNotContain("warm-up", judgement.Reason, StringComparison.Ordinal);
        else Assert.Contains(words, judgement.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pass_says_by_how_much_each_needed_signal_is_shown_and_by_how_much_it_had_to_be()
    {
        var judgement = Steady.Judge(60, Good).Decide(Steady.Next);
        Assert.Equal((Verdict.Pass, null), (judgement.Verdict, judgement.Forecast));
        Assert.StartsWith("shown to be good enough for 24 % (margin × 4): errors ", judgement.Reason, StringComparison.Ordinal);
        Assert.EndsWith(", each at least 20", judgement.Reason, StringComparison.Ordinal);
        Assert.InRange(judgement.Evidence, 0, 1.5);
        Assert.Null(judgement.Beyond);
    }

    [Fact]
    public void A_forecast_waits_for_no_signal_that_is_not_needed_and_for_each_that_is()
    {
        var alone = Steady.Judge(8, Good).Decide(Steady.Next).Forecast;
        Assert.InRange(alone!.Value, TimeSpan.FromSeconds(5), TimeSpan.FromHours(1));
        Assert.Equal(alone, With(Consequence.Hold));
        Assert.NotEqual(alone, With(Consequence.Rollback));

        static TimeSpan? With(Consequence then)
        {
            var analysis = Analysis.Default with { Metrics = [new MetricTolerance("work", Direction.Lower, 0.05, then)] };
            return Steady.Judge(8, Good with { Metrics = [new MetricPair(1, 1)] }, analysis).Decide(Steady.Next).Forecast;
        }
    }

    [Fact]
    public void Nothing_is_forecast_of_what_takes_more_than_a_month_or_is_not_measured()
    {
        var slow = Steady.Judge(4, Steady.Tick(candidate: 1, stable: 4)).Decide(Weights.AllCandidate);
        Assert.Equal((Verdict.Unsure, null), (slow.Verdict, slow.Forecast));
        Assert.DoesNotContain("about", slow.Reason, StringComparison.Ordinal);

        var judge = Steady.Judge(20, Good);
        judge.Observe(Steady.Tick(stable: 0) with { Weights = Weights.OfCandidate(9000) });
        Assert.Null(judge.Decide(Weights.AllCandidate).Forecast);
    }

    /// <summary>The bounds of the critical signals are 1/α over their weights, and these add up to one.</summary>
    private static double Shares(Judgement judgement, Evidence evidence, bool historical)
    {
        var critical = evidence.Critical.Select(i => evidence.Signals[i]).Where(s => s.IsTold).ToList();
        var names = critical.Select(s => historical ? s.Name + Proof.PastSuffix : s.Name).ToHashSet();
        return judgement.Findings.Where(f => names.Contains(f.Signal) && f.Verdict != Verdict.Pass)
            .Sum(f => Math.Exp(evidence.FailBound - f.Bound));
    }
}
