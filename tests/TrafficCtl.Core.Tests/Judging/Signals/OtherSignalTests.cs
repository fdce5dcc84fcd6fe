using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging.Signals;

/// <summary>Users, custom metrics, traffic and what is carried to the next rollout.</summary>
public class OtherSignalTests
{
    private static readonly Version Good = new(Errors: 0.001);
    private static readonly Weights Ten = Weights.OfCandidate(1000);
    private static readonly Analysis WithUsers = Analysis.Default with { Users = new UserTolerance() };

    [Fact]
    public void Users_that_break_on_the_candidate_alone_fail()
    {
        var judgement = Judged(
            WithUsers, (tick, i) => tick with { StableFlow = new UserFlow(900, 0), CandidateFlow = new UserFlow(100, 2) });
        Assert.Equal((Verdict.Fail, "users"), (judgement.Verdict, judgement.Blame));
        Assert.Contains("third error", judgement.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Users_must_be_shown_before_anything_passes()
    {
        var few = Judged(WithUsers, (tick, i) => tick with { StableFlow = new UserFlow(9, 0), CandidateFlow = new UserFlow(1, 0) });
        Assert.Equal(Verdict.Unsure, few.Verdict);
        Assert.Contains("users", few.Reason, StringComparison.Ordinal);
        var many = Judged(WithUsers, (tick, i) => tick with { StableFlow = new UserFlow(900, 0), CandidateFlow = new UserFlow(100, 0) });
        Assert.Equal(Verdict.Pass, many.Verdict);
    }

    [Theory]
    [InlineData(20, true)]
    [InlineData(10, false)]
    [InlineData(0, true)]
    public void Users_that_ask_far_more_often_hold(int active, bool isGood)
    {
        // 750 requests of the candidate and 6,750 of stable in a tick; each of stable's users makes 37.5 of them.
        var judgement = Judged(WithUsers, (tick, i) => tick with
        {
            StableFlow = new UserFlow(900, 0, active > 0 ? 180 : 0, active > 0 ? 300_000 : 0),
            CandidateFlow = new UserFlow(100, 0, active, active > 0 ? 40_000 : 0),
        });
        Assert.Equal(isGood ? Verdict.Pass : Verdict.Unsure, judgement.Verdict);
        if (!isGood) Assert.Contains("advisory", judgement.Reason, StringComparison.Ordinal);
        Assert.Contains(judgement.Findings, f => f.Signal == "requests per user");
    }

    [Fact]
    public void A_full_table_of_users_shows_nothing()
    {
        var judgement = Judged(WithUsers, (tick, i) => tick with
        {
            StableFlow = new UserFlow(900, 0),
            CandidateFlow = new UserFlow(100, 0),
            StableUsers = tick.StableUsers with { IsFull = true },
        });
        Assert.Equal(Verdict.Unsure, judgement.Verdict);
    }

    [Theory]
    [InlineData(Direction.Lower, 1.6, false)]
    [InlineData(Direction.Lower, 0.6, true)]
    [InlineData(Direction.Higher, 0.6, false)]
    [InlineData(Direction.Higher, 1.6, true)]
    [InlineData(Direction.Both, 1.6, false)]
    [InlineData(Direction.Both, 0.6, false)]
    [InlineData(Direction.Both, 1, true)]
    public void A_metric_holds_when_it_is_worse_in_its_direction(Direction direction, double ratio, bool isGood)
    {
        var analysis = Analysis.Default with { Metrics = [new MetricTolerance("work", direction, 0.15)] };
        var judgement = Judged(analysis, (tick, i) => tick with { Metrics = [new MetricPair(2, 2 * ratio)] });
        Assert.Equal(isGood ? Verdict.Pass : Verdict.Unsure, judgement.Verdict);
        if (!isGood) Assert.Contains("advisory", judgement.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_critical_metric_fails_and_is_unsure_without_a_reading()
    {
        var analysis = Analysis.Default with { Metrics = [new MetricTolerance("cpu", Direction.Lower, 0.15, Consequence.Rollback)] };
        Assert.Equal((Verdict.Fail, "cpu"), Outcome(Judged(analysis, (tick, i) => tick with { Metrics = [new MetricPair(1, 2)] })));
        Assert.Equal(Verdict.Pass, Judged(analysis, (tick, i) => tick with { Metrics = [new MetricPair(1, 1)] }).Verdict);
        foreach (var value in new[] { double.NaN, double.PositiveInfinity, -1, 0 })
            Assert.Equal(Verdict.Unsure, Judged(analysis, (tick, i) => tick with { Metrics = [new MetricPair(1, value)] }).Verdict);
        Assert.Equal(Verdict.Unsure, Judged(analysis, (tick, i) => tick).Verdict);

        static (Verdict, string?) Outcome(Judgement judgement) => (judgement.Verdict, judgement.Blame);
    }

    [Fact]
    public void A_share_of_traffic_that_is_not_the_weight_makes_the_analysis_invalid()
    {
        var judgement = Judged(Analysis.Default, (tick, i) => tick with { Weights = Weights.OfCandidate(2000), AssignsRequests = true });
        Assert.Equal(Verdict.Unsure, judgement.Verdict);
        Assert.Contains("invalid", judgement.Reason, StringComparison.Ordinal);
        Assert.Equal(Verdict.Pass, Judged(Analysis.Default, (tick, i) => tick with { AssignsRequests = true }).Verdict);
    }

    [Fact]
    public void Sessions_have_the_word_on_traffic_where_they_are_known()
    {
        // Users stay in their arm and some ask far more often: requests are off, sessions are right.
        var judgement = Judged(Analysis.Default, (tick, i) => tick with
        {
            Weights = Weights.OfCandidate(2000),
            StableFlow = new UserFlow(80, 0),
            CandidateFlow = new UserFlow(20, 0),
            AssignsRequests = true,
        });
        Assert.Equal(Verdict.Pass, judgement.Verdict);
    }

    [Fact]
    public void Users_who_change_over_with_the_weight_are_no_proof_of_wrong_routing()
    {
        // In the minutes after a change most of the candidate's sessions are stable's users of before.
        var judgement = Judged(Analysis.Default, (tick, i) => tick with
        {
            Weights = Weights.OfCandidate(i < 120 ? 500 : 1000),
            StableFlow = new UserFlow(i < 120 ? 95 : 90, 0),
            CandidateFlow = new UserFlow(i % 120 < 60 ? 40 : i < 120 ? 5 : 10, 0),
        });
        Assert.Equal(Verdict.Pass, judgement.Verdict);
    }

    [Fact]
    public void Sessions_that_stay_off_make_the_analysis_invalid()
    {
        var judgement = Judged(
            Analysis.Default, (tick, i) => tick with { StableFlow = new UserFlow(80, 0), CandidateFlow = new UserFlow(20, 0) });
        Assert.Contains("invalid", judgement.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void An_incident_at_all_traffic_is_no_proof_but_harm_that_lasts_is()
    {
        Assert.Equal(Verdict.Unsure, AtAll(incidentTicks: 12).Verdict);
        Assert.Equal(Verdict.Fail, AtAll(incidentTicks: 120).Verdict);

        static Judgement AtAll(int incidentTicks)
        {
            var traffic = new Simulation(8, 500, 5);
            var judge = new Judge(Analysis.Default, traffic.Past(Good, 600));
            for (var i = 0; i < 200; i++)
                judge.ObserveHistorical(
                    traffic.Next(Good, i >= 40 && i < 40 + incidentTicks ? Good with { Errors = 0.08 } : Good, Weights.AllCandidate));
            return judge.Decide(Weights.AllCandidate);
        }
    }

    [Fact]
    public void The_bare_verdict_is_the_judgements()
    {
        var traffic = new Simulation(9, 600, 5);
        var judge = new Judge(WithUsers, traffic.Past(Good, 300));
        for (var i = 0; i < 120; i++)
        {
            judge.Observe(traffic.Next(Good, i < 80 ? Good : Good with { Errors = 0.02 }, Ten) with
            {
                StableFlow = new UserFlow(300, 0),
                CandidateFlow = new UserFlow(30, 0),
            });
            foreach (var next in new[] { 500, 5000, 10000 }.Select(Weights.OfCandidate))
                Assert.Equal(judge.Decide(next).Verdict, judge.VerdictFor(next));
        }
    }

    [Fact]
    public void The_next_rollout_begins_with_what_the_last_one_learnt_of_clusters()
    {
        var traffic = new Simulation(4, 600, 5);
        var judge = new Judge(Analysis.Default, traffic.Past(Good, 300));
        for (var i = 0; i < 400; i++) judge.Observe(traffic.Next(Good, Good, Ten));
        var past = new Baseline();
        judge.Teach(past);
        Assert.True(past.ErrorScatter.One.Degrees > 0);
        var next = past.Next();
        Assert.Equal(0, next.Requests);
        Assert.Equal(past.ErrorScatter, next.ErrorScatter);
        Assert.InRange(new Judge(Analysis.Default, next).Evidence.Errors.Scatter.One.Degrees, 1, 10);
    }

    private static Judgement Judged(Analysis analysis, Func<Tick, int, Tick> with)
    {
        var traffic = new Simulation(1, 1500, 5);
        var judge = new Judge(analysis, traffic.Past(Good, 300));
        for (var i = 0; i < 240; i++) judge.Observe(with(traffic.Next(Good, Good, Ten), i));
        return judge.Decide(Weights.AllCandidate);
    }
}
