using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.Deciding;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using Xunit;

namespace TrafficCtl.Control.Tests.Rounds.Deciding;

/// <summary>What an external change of the split asks for, and when a person has decided about it.</summary>
public sealed class DriftAnswersTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 2, 9, 0, 0, TimeSpan.Zero);

    private static readonly Phase Observing = new Phase.Observing(0, Now, Now);
    private static readonly Phase Paused = new Phase.Paused(Observing, PauseCause.Person, "ann", Now);

    [Theory]
    [InlineData(DriftAnswer.Correct, null, null)]
    [InlineData(DriftAnswer.Adopt, null, null)]
    [InlineData(DriftAnswer.Pause, WishKind.Pause, null)]
    [InlineData(DriftAnswer.Abort, WishKind.Abort, WishKind.Abort)]
    public void A_new_drift_is_recorded_at_once_and_asks_in_the_name_of_whoever_made_it(
        DriftAnswer answer, WishKind? observing, WishKind? paused)
    {
        foreach (var (phase, kind) in new[] { (Observing, observing), (Paused, paused) })
        {
            var before = Of(phase, new Routed { IsPausedForDrift = true });
            var (state, wish) = DriftAnswers.Answer(before, Status(Drift(answer)), Now);
            Assert.Equal(kind, wish?.Kind);
            if (wish is not null) Assert.Equal((World.Key, "kubectl-edit (Update)", Now), (wish.Key, wish.Who, wish.At));
            Assert.Equal((Drift(answer), false), (state.Routed.Drift, state.Routed.IsPausedForDrift));
            Assert.True(state.Pending.IsUrgent);
            Assert.Equal([("checkout-default-1", "drifted")], state.Pending.Facts.Select(f => (f.RolloutId!, f.What)));
        }
    }

    [Theory]
    [InlineData(DriftAnswer.Pause)]
    [InlineData(DriftAnswer.Abort)]
    public void Without_a_rollout_a_drift_is_recorded_and_asks_for_nothing(DriftAnswer answer)
    {
        var (state, wish) = DriftAnswers.Answer(Of(null, Routed.Nothing), Status(Drift(answer)), Now);
        Assert.Null(wish);
        Assert.Equal([(null, "drifted")], state.Pending.Facts.Select(f => (f.RolloutId, f.What)));
    }

    [Fact]
    public void A_drift_that_was_answered_is_answered_once_and_another_one_again()
    {
        var (state, _) = DriftAnswers.Answer(Of(Observing, Routed.Nothing), Status(Drift(DriftAnswer.Pause)), Now);
        var (same, wish) = DriftAnswers.Answer(state, Status(Drift(DriftAnswer.Pause)), Now);
        Assert.Null(wish);
        Assert.Same(state, same);
        Assert.NotNull(DriftAnswers.Answer(state, Status(Drift(DriftAnswer.Pause) with { Text = "again" }), Now).Wish);
    }

    [Fact]
    public void Once_the_split_is_as_it_was_written_the_same_drift_is_a_new_one()
    {
        var (state, _) = DriftAnswers.Answer(Of(Observing, Routed.Nothing), Status(Drift(DriftAnswer.Abort)), Now);
        (state, var wish) = DriftAnswers.Answer(state, Status(null), Now);
        Assert.Null(wish);
        Assert.Null(state.Routed.Drift);
        Assert.Same(state, DriftAnswers.Answer(state, Status(null), Now).State);
        Assert.NotNull(DriftAnswers.Answer(state, Status(Drift(DriftAnswer.Abort)), Now).Wish);
    }

    [Fact]
    public void Whoever_resumes_while_a_drift_lasts_has_its_split_written_again_once()
    {
        var drift = Drift(DriftAnswer.Pause);
        var answered = new Routed { Drift = drift };
        var running = DriftAnswers.Answer(Of(Observing, answered), Status(drift), Now).State.Routed;
        Assert.Equal((false, false), (running.IsPausedForDrift, running.MustSettle));

        var paused = DriftAnswers.Answer(Of(Paused, answered), Status(drift), Now).State;
        Assert.Equal((true, false), (paused.Routed.IsPausedForDrift, paused.Routed.MustSettle));
        Assert.Same(paused, DriftAnswers.Answer(paused, Status(drift), Now).State);

        var resumed = DriftAnswers.Answer(Of(Observing, paused.Routed), Status(drift), Now).State.Routed;
        Assert.Equal((false, true), (resumed.IsPausedForDrift, resumed.MustSettle));
    }

    [Fact]
    public void What_the_store_does_not_know_drifts_from_nothing()
    {
        var unknown = new TargetState(new Declaration(World.Spec(), LastKnown.Nothing));
        var (state, wish) = DriftAnswers.Answer(unknown, Status(Drift(DriftAnswer.Abort)), Now);
        Assert.Same(unknown, state);
        Assert.Null(wish);
    }

    private static TargetState Of(Phase? phase, Routed routed)
    {
        var spec = World.Spec();
        var active = phase is null
            ? null
            : new RolloutState("checkout-default-1", "checkout", "default", 1, "v1", "v2", 4, Now, Now, phase) { Plan = spec.Plan };
        return new TargetState(new Declaration(spec, LastKnown.Nothing))
        {
            Known = Known.Nothing with { Record = new ServiceRecord(World.Key, "v1", 1, 4, [], active, default) },
            Routed = routed,
        };
    }

    private static RouterStatus Status(Drift? drift) =>
        new(ServiceRoute.Idle(World.Key, 4, "v1"), Exposure.None, new ArmHealth(1, 1, 1, null), new ArmHealth(1, 1, 1, null), null)
        {
            Drift = drift,
        };

    private static Drift Drift(DriftAnswer answer) =>
        new(Weights.AllStable, "kubectl-edit (Update)", null, answer, "the weights were changed");
}
