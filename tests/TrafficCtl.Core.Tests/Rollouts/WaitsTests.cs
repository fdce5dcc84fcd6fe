using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using Xunit;

namespace TrafficCtl.Core.Tests.Rollouts;

public class WaitsTests
{
    /// <summary>The rollout's elapsed time.</summary>
    private static readonly TimeSpan Now = TimeSpan.FromHours(2);

    private static readonly Plan Plan = new()
    {
        Steps =
        [
            new Step(null, Weights.OfCandidate(500), TimeSpan.FromSeconds(60), new MinimumEvidence(200, 5)),
            new Step(null, Plan.HoldbackWeights, TimeSpan.FromHours(3), MinimumEvidence.Default, IsHoldback: true),
        ],
    };

    [Fact]
    public void Names_everything_that_a_step_still_needs()
    {
        var seen = new Seen
        {
            Evidence = new StepEvidence(150, 4),
            Judgement = new Judgement(Verdict.Unsure, 1, 100, null, [], "errors: 1.0 of 3.0", null),
            Gates =
            [
                new GateView(new NamedGate("window"), new GateAnswer.Closed("opens at 14:00")),
                new GateView(new NamedGate("freeze"), new GateAnswer.Open("none")),
            ],
        };
        Assert.Equal(
            [
                "dwell: 45 s left", "traffic: 150 of 200 requests on the candidate in this step",
                "traffic: 4 of 5 users on the candidate in this step",
                "evidence: errors: 1.0 of 3.0", "window: opens at 14:00",
            ],
            Waits.For(Plan, Observing(0, 15), seen, Now));
    }

    [Fact]
    public void A_pause_because_nothing_confirms_the_weight_waits_for_a_person_and_says_what_the_router_waits_for()
    {
        var paused = new Phase.Paused(new Phase.Shifting(0), PauseCause.Unconfirmed, "", default);
        const string Person = "a person: resume (it is asked again), promote or abort; nothing confirms that the weight is in force";
        Assert.Equal([Person], Waits.For(Plan, paused, null, Now));
        const string Cause = "839 of 2,659 went to the candidate";
        Assert.Equal([$"{Person}: {Cause}"], Waits.For(Plan, paused, null, Now, Cause));
    }

    [Fact]
    public void Is_empty_when_nothing_is_missing()
    {
        var seen = new Seen
        {
            Evidence = new StepEvidence(200, 5),
            Judgement = new Judgement(Verdict.Pass, 1, 100, null, [], "pass", null),
        };
        Assert.Empty(Waits.For(Plan, Observing(0, 60), seen, Now));
        Assert.Empty(Waits.For(Plan, new Phase.Good(), seen, Now));
    }

    [Fact]
    public void A_shadow_waits_for_no_pass_but_for_being_measured()
    {
        var plan = Plans.Canary([Given.Shadow(10)]);
        var unsure = new Seen { Judgement = new Judgement(Verdict.Unsure, 1, 100, null, [], "harm only", null) };
        Assert.Equal(["dwell: 45 s left"], Waits.For(plan, Observing(0, 15), unsure, Now));
        Assert.Empty(Waits.For(plan, Observing(0, 60), unsure, Now));
        Assert.Equal(["evidence: nothing could be measured yet"], Waits.For(plan, Observing(0, 60), new Seen(), Now));
        Assert.Equal(
            ["evidence: 0 of 9 copies are compared yet"],
            Waits.For(plan, Observing(0, 60), unsure with { Evidence = new StepEvidence(9, 0) }, Now));
    }

    [Fact]
    public void Before_the_first_step_it_waits_for_measurements_where_it_compares()
    {
        var (waiting, blind) = (new Phase.Waiting("a first good probe of v2"), new Seen { Unmeasured = "Prometheus does not answer" });
        Assert.Equal(["a first good probe of v2", "measurements: Prometheus does not answer"], Waits.For(Plan, waiting, blind, Now));
        Assert.Equal(["a first good probe of v2"], Waits.For(Plans.AtOnce(Strategy.BlueGreen), waiting, blind, Now));
    }

    [Fact]
    public void Calls_unknown_unknown() =>
        Assert.Contains("evidence: nothing could be measured yet", Waits.For(Plan, Observing(0, 90), new Seen(), Now));

    [Fact]
    public void Names_the_holdback_and_the_watch_by_their_names()
    {
        Assert.Equal("holdback: 2 h 30 min left", Waits.For(Plan, Observing(1, 1800), null, Now)[0]);
        Assert.Equal("watch: 1 h left", Waits.For(Plan, Phase.Baking.Begin(new Moment(Given.Noon, Now)), null, Now)[0]);
    }

    [Fact]
    public void Leaves_nothing_of_what_is_past()
    {
        Assert.Equal(TimeSpan.Zero, Waits.Remaining(Plan, Observing(0, 600), Now));
        Assert.Null(Waits.Remaining(Plan, new Phase.Shifting(0), Now));
    }

    [Fact]
    public void Every_phase_that_waits_says_for_what()
    {
        var closed = new Seen { Gates = [new GateView(new NamedGate("window"), new GateAnswer.Closed("opens at 14:00"))] };
        Assert.Equal(["a probe", "window: opens at 14:00"], Waits.For(Plan, new Phase.Waiting("a probe"), closed, Now));
        Assert.Equal(["the router's word that the new weight is in force"], Waits.For(Plan, new Phase.Shifting(0), closed, Now));
        Assert.Equal(
            ["traffic: 0 of 200 requests on the candidate in this step"],
            Waits.For(
                Plan with { AtLeast = new MinimumEvidence(200, 0), Watch = TimeSpan.Zero }, new Phase.Baking(Given.Noon), closed, Now));
        Assert.Equal(
            ["a person: resume (a new deadline), promote or abort; the evidence stayed unsure for too long"],
            Waits.For(Plan, Paused(PauseCause.Unsure), closed, Now));
        Assert.Equal(["the window is closed", "window: opens at 14:00"], Waits.For(Plan, Paused(PauseCause.Gate), closed, Now));
        Assert.Equal(["a person: resume, promote or abort"], Waits.For(Plan, Paused(PauseCause.Person), closed, Now));
        Assert.Equal(
            ["the router's word that the candidate takes no traffic"],
            Waits.For(Plan, new Phase.RollingBack(RollbackCause.Verdict, "worse"), closed, Now));

        static Phase Paused(PauseCause cause) => new Phase.Paused(Observing(0, 15), cause, "the window is closed", default);
    }

    /// <summary>The plan is the service's of now, which may have fewer steps than the rollout began with.</summary>
    [Fact]
    public void A_step_that_the_plan_no_longer_has_needs_what_the_plan_asks_for_in_general()
    {
        var (plan, beyond) = (Plan with { AtLeast = new MinimumEvidence(300, 0) }, Observing(Plan.Steps.Length, 15));
        Assert.Null(Waits.Remaining(plan, beyond, Now));
        Assert.Equal(
            ["traffic: 0 of 300 requests on the candidate in this step", "evidence: nothing could be measured yet"],
            Waits.For(plan, beyond, null, Now));
    }

    private static Phase.Observing Observing(int step, int secondsAgo) =>
        Phase.Observing.Begin(step, new Moment(Given.Noon, Now - TimeSpan.FromSeconds(secondsAgo)));

    private sealed record NamedGate(string Word) : Gate
    {
        public override string Name => Word;

        public override GateKind Kind => GateKind.Live;
    }
}
