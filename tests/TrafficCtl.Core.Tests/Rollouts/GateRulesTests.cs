using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Rollouts;
using Xunit;
using static TrafficCtl.Core.Tests.Rollouts.Given;

namespace TrafficCtl.Core.Tests.Rollouts;

/// <summary>Deadlines of gates, and the answers that stay.</summary>
public sealed class GateRulesTests
{
    private static readonly GateAnswer Shut = new GateAnswer.Closed("2 alerts fire");
    private static readonly GateAnswer Open = new GateAnswer.Open("none fires");

    [Fact]
    public void Saves_when_a_gate_with_a_deadline_began_to_hold_and_forgets_it_when_it_opens()
    {
        var state = State(new Phase.Waiting("a first good probe of v2"));
        var held = Ask(state, Quiet(GateOutcome.Pause), Shut, 0);
        Assert.True(held.Changes(state));
        Assert.Equal(new GateState("alerts", Noon, TimeSpan.Zero), Assert.Single(held.Next.Gates!.Value));
        Assert.Equal(state.Phase, held.Next.Phase);
        Assert.False(Ask(held.Next, Quiet(GateOutcome.Pause), Shut, 30).Changes(held.Next));
        var opened = Ask(held.Next, Quiet(GateOutcome.Pause), Open, 30);
        Assert.Equal(("advance", true), (opened.Kind, opened.Next.Gates is null));
    }

    [Fact]
    public void A_gate_without_a_deadline_is_not_saved()
    {
        var state = State(Observing(0));
        Assert.False(Ask(state, QuietGate.Alerts, Shut, 1_000_000).Changes(state));
    }

    [Theory]
    [InlineData(GateOutcome.Pause, typeof(Phase.Paused))]
    [InlineData(GateOutcome.Fail, typeof(Phase.RollingBack))]
    [InlineData(GateOutcome.Pass, typeof(Phase.Shifting))]
    public void At_its_deadline_the_declared_outcome_follows(GateOutcome then, Type phase)
    {
        var gate = Quiet(then);
        var held = Ask(State(new Phase.Waiting("a first good probe of v2")), gate, Shut, 0).Next;
        Assert.IsType<Phase.Waiting>(Ask(held, gate, Shut, 59).Next.Phase);
        var ended = Ask(held, gate, Shut, 60);
        Assert.IsType(phase, ended.Next.Phase);
        if (then != GateOutcome.Pass) Assert.Contains("gate alerts is closed at its deadline of 60 s: 2 alerts fire", ended.Reason);
    }

    [Fact]
    public void A_deadline_counts_from_when_the_gate_closed_again()
    {
        var gate = Quiet(GateOutcome.Fail);
        var held = Ask(State(Observing(0)), gate, Shut, 0).Next;
        var opened = Ask(held, gate, Open, 50).Next;
        var again = Ask(opened with { Phase = Observing(0) }, gate, Shut, 70).Next;
        Assert.IsType<Phase.Observing>(Ask(again, gate, Shut, 129).Next.Phase);
        Assert.IsType<Phase.RollingBack>(Ask(again, gate, Shut, 130).Next.Phase);
    }

    [Fact]
    public void A_clock_that_is_set_moves_no_deadline()
    {
        var gate = Quiet(GateOutcome.Fail);
        var held = Ask(State(Observing(0)), gate, Shut, 0).Next;
        var seen = Seen() with { Gates = [new GateView(gate, Shut)], AppliedGeneration = 1000 };
        Assert.IsType<Phase.Observing>(
            RolloutEngine.Decide(held, seen, new Moment(Noon.AddDays(3), TimeSpan.FromSeconds(59))).Next.Phase);
        Assert.IsType<Phase.RollingBack>(
            RolloutEngine.Decide(held, seen, new Moment(Noon.AddDays(-3), TimeSpan.FromSeconds(60))).Next.Phase);
    }

    [Fact]
    public void A_gate_that_was_passed_stays_passed_until_it_opens()
    {
        var gate = Quiet(GateOutcome.Pass);
        var held = Ask(State(new Phase.Waiting("a first good probe of v2")), gate, Shut, 0).Next;
        var passed = Ask(held, gate, Shut, 60).Next with { Phase = Observing(0) };
        Assert.Equal("passed", passed.FindGate("alerts")!.Word);
        Assert.IsType<Phase.Shifting>(Ask(passed, gate, Shut, 7200).Next.Phase);
        Assert.Null(Ask(passed, gate, Open, 90).Next.FindGate("alerts"));
    }

    [Fact]
    public void A_failure_goes_back_and_an_error_does_what_is_declared()
    {
        var state = State(new Phase.Waiting("a first good probe of v2"));
        var failed = Ask(state, QuietGate.Alerts, new GateAnswer.Failed("exit code 1"), 0).Next.Phase;
        Assert.Equal(RollbackCause.Gate, Assert.IsType<Phase.RollingBack>(failed).Cause);
        var errored = Ask(state, QuietGate.Alerts, new GateAnswer.Errored("no such file"), 0).Next.Phase;
        Assert.Equal(PauseCause.Gate, Assert.IsType<Phase.Paused>(errored).Cause);
    }

    [Fact]
    public void A_failure_behind_a_closed_gate_is_not_waited_for()
    {
        var seen = Seen() with
        {
            Gates =
            [
                new GateView(QuietGate.Alerts, Shut),
                new GateView(new SoakGate("test", TimeSpan.FromHours(1), 0), new GateAnswer.Failed("exit code 1")),
            ],
        };
        Assert.IsType<Phase.RollingBack>(RolloutEngine.Decide(State(Observing(0)), seen, At(Noon)).Next.Phase);
    }

    [Fact]
    public void A_resume_gives_a_new_deadline_and_asks_again()
    {
        var gate = Quiet(GateOutcome.Pause);
        var held = Ask(State(Observing(0)), gate, Shut, 0).Next;
        var paused = Ask(held, gate, Shut, 60).Next;
        Assert.IsType<Phase.Paused>(Ask(paused, gate, Shut, 600).Next.Phase);
        var seen = Seen() with { Gates = [new GateView(gate, Shut)] };
        var resumed = RolloutEngine.Decide(paused, seen.Asking(WishKind.Resume), At(Noon.AddSeconds(600))).Next;
        Assert.Equal((2, TimeSpan.FromSeconds(600)), (resumed.FindGate("alerts")!.Attempt, resumed.FindGate("alerts")!.From));
        Assert.IsType<Phase.Observing>(Ask(resumed, gate, Shut, 659).Next.Phase);
        Assert.IsType<Phase.Paused>(Ask(resumed, gate, Shut, 660).Next.Phase);
    }

    [Fact]
    public void Words_of_a_gate_name_its_owner_its_reason_since_when_and_what_happens_when()
    {
        var terms = new GateTerms("#sre", "no step in an incident", TimeSpan.FromMinutes(1), GateOutcome.Fail);
        var gate = QuietGate.Alerts with { Terms = terms };
        var view = new GateView(gate, Shut) { Since = Noon, Left = TimeSpan.FromSeconds(40) };
        Assert.Equal(
            "2 alerts fire; #sre owns it (no step in an incident); since 2026-01-01 12:00:00Z; the rollout goes back in 40 s",
            GateWords.Of(view));
    }

    private static QuietGate Quiet(GateOutcome then) =>
        QuietGate.Alerts with { Terms = new GateTerms(Deadline: TimeSpan.FromMinutes(1), Then: then) };

    private static Decision Ask(RolloutState state, Gate gate, GateAnswer answer, int second) =>
        RolloutEngine.Decide(
            state, Seen() with { Gates = [new GateView(gate, answer)], AppliedGeneration = 1000 }, At(Noon.AddSeconds(second)));
}
