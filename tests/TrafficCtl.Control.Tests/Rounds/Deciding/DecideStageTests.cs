using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.Deciding;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using Xunit;

namespace TrafficCtl.Control.Tests.Rounds.Deciding;

/// <summary>When the engines are asked, and what is made of their answers.</summary>
public sealed class DecideStageTests : IDisposable
{
    private static readonly Phase Observing = new Phase.Observing(0, Parts.Now, Parts.Now);

    private readonly Parts parts = new();

    public void Dispose() => parts.Dispose();

    [Theory]
    [InlineData(true, false, true)]
    [InlineData(true, true, false)]
    [InlineData(false, false, false)]
    [InlineData(false, true, false)]
    public void Nothing_is_decided_while_the_record_is_unknown_or_an_abort_may_be_unrecorded(bool mayDecide, bool mustLoad, bool isDecided)
    {
        var target = Parts.Target(null);
        var known = target.State.Known with { Record = null, MustLoad = mustLoad };
        var plan = Decide(target, target.State with { Known = known }, mayDecide);
        Assert.Equal(isDecided, plan.Proposal is not null);
        Assert.Null(plan.Wish);
    }

    [Fact]
    public void While_the_store_is_left_alone_nothing_is_planned()
    {
        parts.Access.Failed(new StoreUnavailableException("gone"));
        var target = Parts.Target(null);
        Assert.True(Decide(target, target.State with { Known = target.State.Known with { Record = null } }).IsEmpty);
    }

    [Fact]
    public void An_abort_that_no_store_knows_is_recorded_before_anything_is_decided()
    {
        var target = Parts.Target(Observing);
        var abort = Parts.Wish(0, WishKind.Abort);
        var plan = parts.Get<DecideStage>().Decide(
            target, new RoundObservation(target.State) { MayDecide = true, UnrecordedAbort = abort, Now = new Moment(Parts.Now, default) });
        Assert.Equal((abort, null), (plan.Wish, plan.Proposal));
    }

    [Fact]
    public void A_round_without_a_fault_ends_the_count_of_faults_once_nothing_is_left_to_save()
    {
        var failed = Parts.Target(Observing);
        failed.Take(failed.State with { Health = new Health(3, "a fault") });
        var held = Decide(failed, failed.State);
        Assert.Equal((null, 0), (held.Proposal, held.State.Health.Faults));

        var asked = failed.State with { Known = failed.State.Known with { Wishes = [Parts.Wish(1, WishKind.Pause)] } };
        var proposed = Decide(failed, asked);
        Assert.Equal(("pause", 3), (proposed.Proposal!.Kind, proposed.State.Health.Faults));
    }

    [Fact]
    public void A_fault_of_the_engines_is_counted_and_leaves_the_state_as_it_was_seen()
    {
        var target = Parts.Target(Observing);
        var broken = target.State with { Known = target.State.Known with { Wishes = default } };
        var plan = Decide(target, broken);
        Assert.True(plan.IsEmpty);
        Assert.Equal((1, 1), (plan.State.Health.Faults, parts.Counts.Faults));
    }

    [Theory]
    [InlineData(3L, "refuse", "generation 3 was expected and 4 is in force: look at what has changed, and ask again")]
    [InlineData(null, "refuse", null)]
    public void Without_a_rollout_a_wish_is_refused_with_its_reason_and_recorded(long? expected, string kind, string? reason)
    {
        var target = Parts.Target(null, World.Service, "v1");
        var wish = Parts.Wish(7, WishKind.Pause, expected);
        var proposal = Decide(target, Asked(target, wish)).Proposal!;
        Assert.Equal((kind, null, null), (proposal.Kind, proposal.Decision, proposal.Commit.Rollout));
        Assert.Equal((4, 5), (proposal.Commit.ExpectedGeneration, proposal.Commit.Record.Generation));
        var outcome = Assert.Single(proposal.Commit.Wishes);
        Assert.Equal((wish, false, expected is not null), (outcome.Wish, outcome.Accepted, outcome.IsStale));
        Assert.Equal(outcome.Answer, proposal.Why);
        if (reason is not null) Assert.Equal(reason, proposal.Why);
        Assert.Equal([("ordered", (string?)null)], proposal.Commit.Facts.Select(f => (f.Kind, f.RolloutId)));
    }

    [Fact]
    public void A_stale_wish_beside_a_start_is_refused_and_the_start_keeps_its_reason()
    {
        var target = Parts.Target(null);
        target.Take(target.State with { Decided = Decided.Nothing });
        var plan = Decide(target, Asked(target, Parts.Wish(7, WishKind.Pause, 3)));
        var proposal = plan.Proposal!;
        Assert.Equal(("start", "v2 is new and was never tried; it starts now"), (proposal.Kind, proposal.Why));
        Assert.Equal(("checkout-default-2", "start"), (proposal.Commit.Rollout!.Id, proposal.Decision!.Kind));
        Assert.Same(proposal.Commit.Rollout, proposal.Commit.Record.Active);
        Assert.Equal(proposal.Commit.Record.Generation, proposal.Commit.Rollout.Generation);
        Assert.Equal(["ordered", "decided"], proposal.Commit.Facts.Select(f => f.Kind));
        Assert.Equal("checkout-default-2", proposal.Commit.Facts[0].RolloutId);
        Assert.False(plan.State.Decided.MayStart);
    }

    [Fact]
    public void The_starter_is_asked_again_only_when_something_has_changed()
    {
        var target = Parts.Target(null);
        Assert.Null(Decide(target, target.State).Proposal);
        Assert.Equal("start", Decide(target, target.State with { Decided = Decided.Nothing }).Proposal!.Kind);

        // Nothing to start: it is not asked again before the next change.
        var idle = Parts.Target(null, World.Service, "v1");
        var plan = Decide(idle, idle.State with { Decided = Decided.Nothing });
        Assert.Equal((null, false), (plan.Proposal, plan.State.Decided.MayStart));
    }

    [Fact]
    public void What_waits_for_a_commit_is_saved_without_a_decision_where_it_is_urgent_or_no_rollout_is_active()
    {
        var fact = new Fact(0, Parts.Now, World.Key, null, "observed", "drifted", "the weights were changed", "{}");
        foreach (var (phase, isUrgent, isSaved) in new[] { (null, false, true), (Observing, true, true), (Observing, false, false) })
        {
            var target = Parts.Target(phase, World.Service, "v1", "v2");
            var proposal = Decide(target, target.State with { Pending = new PendingFacts([fact], isUrgent) }).Proposal;
            Assert.Equal(isSaved, proposal is not null);
            if (proposal is null) continue;
            var commit = proposal.Commit;
            Assert.Equal(("note", "the weights were changed", 1), (proposal.Kind, proposal.Why, proposal.Pending));
            Assert.Equal((4, 5, commit.Record.Active), (commit.ExpectedGeneration, commit.Record.Generation, commit.Rollout));
            Assert.Equal([fact], commit.Facts);
            Assert.Equal(phase is not null, !commit.Record.Evidence.IsEmpty);
            if (commit.Rollout is { } active) Assert.Equal((5, phase), (active.Generation, active.Phase));
        }
    }

    [Fact]
    public void A_router_that_is_ahead_of_the_store_is_overtaken_by_the_next_generation()
    {
        var target = Parts.Target(Observing);
        var ahead = target.State with { Routed = Routed.Nothing with { IsAhead = true } };
        foreach (var (generation, state, isOvertaken) in new[] { (9, ahead, true), (4, ahead, false), (9, target.State, false) })
        {
            var proposal = parts.Get<DecideStage>().Decide(
                target, new RoundObservation(state) { MayDecide = true, Now = new Moment(Parts.Now, default), Router = Status(generation) })
                .Proposal;
            Assert.Equal(isOvertaken, proposal?.Kind == "overtake");
            if (!isOvertaken) continue;
            Assert.Equal((4, 10, 10), (
                proposal!.Commit.ExpectedGeneration, proposal.Commit.Record.Generation, proposal.Commit.Record.Active!.Generation));
            Assert.Equal(["router-ahead"], proposal.Commit.Facts.Select(f => f.What));
        }
    }

    [Fact]
    public void The_proposal_that_answers_the_abort_of_the_router_says_so()
    {
        var abort = Parts.Wish(0, WishKind.Abort);
        foreach (var kind in new[] { WishKind.Abort, WishKind.Pause })
        {
            var target = Parts.Target(Observing);
            var proposal = parts.Get<DecideStage>().Decide(
                target, new RoundObservation(Asked(target, Parts.Wish(5, kind)))
                {
                    MayDecide = true,
                    Now = new Moment(Parts.Now, default),
                    Router = Status(4) with { Abort = abort },
                }).Proposal!;
            Assert.Equal(kind == WishKind.Abort ? abort : null, proposal.AnswersAbort);
        }
    }

    private static RouterStatus Status(long generation) => new(
        ServiceRoute.Idle(World.Key, generation, "v1"), Exposure.None, new ArmHealth(1, 1, 1, null), new ArmHealth(1, 1, 1, null), null);

    private static TargetState Asked(ControlledTarget target, params ImmutableArray<Wish> wishes) =>
        target.State with { Known = target.State.Known with { Wishes = wishes } };

    private RoundPlan Decide(ControlledTarget target, TargetState state, bool mayDecide = true) => parts.Get<DecideStage>().Decide(
        target, new RoundObservation(state) { MayDecide = mayDecide, Now = new Moment(Parts.Now, TimeSpan.FromSeconds(1)) });
}
