using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Signals;
using TrafficCtl.Core.Signals;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging;

/// <summary>
/// What stands against a step although everything needed is shown, with its words, and also where only the verdict is asked for.
/// </summary>
public sealed class ObstacleTests
{
    private static readonly Tick Good = Steady.Tick();

    [Fact]
    public void Nothing_stands_against_a_step_that_is_shown_to_be_good()
    {
        var judge = Steady.Judge(60, Good);
        Assert.Equal(Verdict.Pass, Both(judge).Verdict);
        Assert.Null(Obstacles.Holding(judge.Evidence, historical: false));
        Assert.False(Obstacles.Stand(judge.Evidence));
    }

    [Fact]
    public void The_third_look_without_requests_on_both_arms_takes_a_pass_back()
    {
        var judge = Steady.Judge(60, Good);
        for (var silent = 1; silent <= 4; silent++)
        {
            judge.Observe(Steady.Tick(candidate: 0));
            var judgement = Both(judge);
            Assert.Equal(silent < 3 ? Verdict.Pass : Verdict.Unsure, judgement.Verdict);
            if (silent >= 3) Assert.Equal($"no data: {silent} looks in a row without requests on both arms", judgement.Reason);
        }

        judge.Observe(Good);
        Assert.Equal(Verdict.Pass, Both(judge).Verdict);
    }

    [Fact]
    public void A_split_that_is_not_the_one_that_was_asked_for_makes_the_analysis_invalid()
    {
        var judge = Steady.Judge(60, Good with { AssignsRequests = true });
        Assert.Equal(Verdict.Pass, Both(judge).Verdict);
        for (var i = 0; i < 60; i++) judge.Observe(Steady.Tick(candidate: 2000) with { AssignsRequests = true });
        var judgement = Both(judge);
        Assert.Equal(Verdict.Unsure, judgement.Verdict);
        Assert.StartsWith("the analysis is invalid: the candidate got ", judgement.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_compared_for_harm_only_passes_nothing_that_was_shown_before()
    {
        var outside = Steady.Judge(60, Good);
        outside.ObserveHarm(Good);
        Assert.StartsWith("compared with users outside the cohort for harm only: evidence ", Held(outside), StringComparison.Ordinal);
        var copied = Steady.Judge(60, Good);
        copied.ObserveShadow(Good);
        Assert.StartsWith("compared on copies of requests for harm only: evidence ", Held(copied), StringComparison.Ordinal);
        var past = Steady.Judge(60, Good);
        past.ObserveHistorical(Good);
        Assert.StartsWith("compared with stable's past for harm only (historical): evidence ", Held(past), StringComparison.Ordinal);
    }

    [Fact]
    public void Evidence_of_harm_below_its_bound_stands_against_a_step_until_it_has_fallen()
    {
        var (judge, stood) = (Steady.Judge(60, Good), 0);
        for (var i = 0; i < 400 && judge.VerdictFor(Steady.Next) != Verdict.Fail; i++)
        {
            judge.Observe(Steady.Tick(failures: 2));
            var (judgement, evidence) = (Both(judge), judge.Evidence);
            var measured = evidence.LogE(historical: false, evidence.Critical);
            var stands = measured >= Math.Log(Verdicts.Caution) && measured < evidence.FailBound;
            Assert.Equal(stands, judgement.Reason.EndsWith("stands against a step; it must fall below 5", StringComparison.Ordinal));
            if (!stands) continue;
            stood++;
            Assert.Equal(Verdict.Unsure, judgement.Verdict);
            Assert.Null(judgement.Forecast);
        }

        Assert.InRange(stood, 1, 400);
    }

    [Fact]
    public void An_advisory_signal_holds_from_its_bound_on_and_is_the_one_that_carries_most()
    {
        var analysis = Analysis.Default with { Metrics = [new("work", Direction.Lower, 0.15), new("heap", Direction.Lower, 0.15)] };
        var (judge, held) = (Steady.Judge(0, Good, analysis), 0);
        for (var i = 0; i < 400; i++)
        {
            judge.Observe(Good with { Metrics = [new MetricPair(2, 3.2), new MetricPair(1, 1)] });
            var evidence = judge.Evidence;
            var holds = evidence.LogE(historical: false, evidence.Advisory) >= Math.Log(20);
            Assert.Equal(holds, Obstacles.Holding(evidence, historical: false) is not null);
            Assert.Equal(holds, Both(judge).Reason.StartsWith("advisory signal worse: work: combined", StringComparison.Ordinal));
            if (!holds) continue;
            held++;
            Assert.Equal("work", Obstacles.Holding(evidence, historical: false)!.Name);
            Assert.True(Obstacles.Stand(evidence));
        }

        Assert.InRange(held, 1, 399);
    }

    [Fact]
    public void Against_the_past_an_advisory_signal_is_named_with_what_it_is_compared_with()
    {
        var judge = Steady.Judge(60, Good, Analysis.Default with { Errors = new ErrorTolerance(Then: Consequence.Hold) });
        for (var i = 0; i < 200; i++) judge.ObserveHistorical(Steady.Tick(failures: 100));
        var judgement = Both(judge);
        Assert.Equal(Verdict.Unsure, judgement.Verdict);
        Assert.StartsWith("advisory signal worse: errors (historical): combined evidence ", judgement.Reason, StringComparison.Ordinal);
        var finding = judgement.Findings.Single(f => f.Signal == "errors (historical)");
        Assert.EndsWith($"; {finding.Text}", judgement.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_metric_that_grows_towards_its_limit_holds()
    {
        var analysis = Analysis.Default with { Metrics = [new("heap", Direction.Lower, 0.15, Limit: 1000)] };
        var judge = Steady.Judge(0, Good, analysis);
        var text = "";
        for (var i = 0; i < 2000; i++)
        {
            // 30 in an hour and a half of 1000: there within a day.
            judge.Observe(Good with { Metrics = [new MetricPair(100, 100 + (0.1 * i))] });
            text = Both(judge).Reason;
            if (text.StartsWith("heap of the candidate grows towards its limit", StringComparison.Ordinal)) break;
        }

        Assert.Equal(
            "heap of the candidate grows towards its limit and may be there within a day; it holds, it does not roll back", text);
    }

    /// <summary>The judgement, which the quick verdict has to agree with.</summary>
    private static Judgement Both(Judge judge)
    {
        var judgement = judge.Decide(Steady.Next);
        Assert.Equal(judgement.Verdict, judge.VerdictFor(Steady.Next));
        return judgement;
    }

    private static string Held(Judge judge)
    {
        var judgement = Both(judge);
        Assert.Equal(Verdict.Unsure, judgement.Verdict);
        return judgement.Reason;
    }
}
