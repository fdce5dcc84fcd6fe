using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.Saving;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Control.Wishing;
using TrafficCtl.Core.Rollouts;
using Xunit;

namespace TrafficCtl.Control.Tests.Rounds.Saving;

/// <summary>What the state of a target is after its plan was saved, refused or left in doubt.</summary>
public sealed class SaveStageTests : IDisposable
{
    private static readonly Phase Observing = new Phase.Observing(0, Parts.Now, Parts.Now);

    private readonly Parts parts = new();
    private readonly HashSet<ControlledTarget> again = [];

    public void Dispose() => parts.Dispose();

    [Fact]
    public async Task What_is_saved_is_the_state_of_record_and_the_target_goes_on_at_once()
    {
        var (pause, resume) = (Parts.Wish(1, WishKind.Pause), Parts.Wish(2, WishKind.Resume));
        var target = Stored(Observing);
        var state = target.State with
        {
            Known = target.State.Known with { Wishes = [pause, resume], LostWords = "lost", InDoubt = null },
            Health = new Health(2, "a fault"),
            Pending = new PendingFacts([Fact("a"), Fact("b")], true),
        };
        var proposal = Proposal(target, [new WishOutcome(pause, true, "paused")]) with { Pending = 1 };
        await SaveAsync(new RoundPlan(target, state, null, proposal));

        var after = target.State;
        Assert.Same(proposal.Commit.Record, after.Known.Record);
        Assert.Same(proposal.Commit.Rollout, after.Known.Newest);
        Assert.Equal([resume], after.Known.Wishes);
        Assert.Equal((false, null, "lost"), (after.Known.MustLoad, after.Known.InDoubt, after.Known.LostWords));
        Assert.Equal(["b"], after.Pending.Facts.Select(f => f.Text));
        Assert.Equal((true, proposal.Decision), (after.Decided.MayStart, after.Decided.Decision));
        Assert.Equal((Health.Good, false, null), (after.Health, after.Routed.MustSettle, after.Routed.AnsweredAbort));
        Assert.Equal([target], again);
        Assert.False(target.Observation.IsUnsaved);
        Assert.Equal(parts.Clock.GetElapsedTime(0) + TimeSpan.FromSeconds(1), target.Observation.SaveAt);
        Assert.Equal("paused", (await parts.Get<Answers>().Expect(1)).Answer);
        Assert.Equal(1, parts.Counts.Decisions[new DecisionLabel(target.Key, "pause")].Count);
    }

    [Fact]
    public async Task A_commit_without_a_rollout_keeps_the_one_that_ended_and_its_last_decision()
    {
        var target = Stored(null);
        var (ended, decision) = (Parts.Target(Observing).State.Known.Newest!, new Decision(null!, "good", "", []));
        var state = target.State with
        {
            Known = target.State.Known with { Newest = ended, LostWords = "lost" },
            Decided = Decided.Nothing with { MayStart = false, Decision = decision },
        };
        await SaveAsync(new RoundPlan(target, state, null, Proposal(target, []) with { Decision = null }));
        Assert.Same(ended, target.State.Known.Newest);
        Assert.Same(decision, target.State.Decided.Decision);
        Assert.Null(target.State.Known.LostWords);
    }

    [Theory]
    [InlineData(WishKind.Resume, true, true)]
    [InlineData(WishKind.Resume, false, false)]
    [InlineData(WishKind.Pause, true, false)]
    public async Task An_accepted_resume_settles_a_drift_also_beside_other_wishes(WishKind kind, bool accepted, bool settles)
    {
        var abort = Parts.Wish(9, WishKind.Abort);
        var target = Stored(Observing);
        WishOutcome[] wishes = [new(Parts.Wish(1, WishKind.Promote), true, ""), new(Parts.Wish(2, kind), accepted, "")];
        await SaveAsync(new RoundPlan(target, target.State, null, Proposal(target, [.. wishes]) with { AnswersAbort = abort }));
        Assert.Equal((settles, abort), (target.State.Routed.MustSettle, target.State.Routed.AnsweredAbort));
    }

    [Fact]
    public async Task What_the_store_refuses_as_stale_is_loaded_again_and_what_gave_no_answer_stays_in_doubt()
    {
        var (stale, doubted) = (Stored(Observing), Stored(Observing, "doubted"));
        parts.Store.Put(stale.State.Known.Record! with { Generation = 9 });
        await SaveAsync(Plan(stale));
        Assert.True(stale.State.Known.MustLoad);
        Assert.Equal(4, stale.State.Known.Record!.Generation);

        parts.Store.Poison = _ => new InvalidOperationException("cannot be written");
        var plan = Plan(doubted);
        await SaveAsync(plan);
        Assert.Equal((true, plan.Proposal, 1), (
            doubted.State.Known.MustLoad, doubted.State.Known.InDoubt, doubted.State.Health.Faults));
        Assert.Empty(again);
    }

    [Fact]
    public async Task While_a_commit_is_on_its_way_the_content_of_the_store_is_unknown()
    {
        var target = Stored(Observing);
        var plan = Plan(target);
        (bool, Proposal?) seen = default;
        parts.Store.OnSaved = _ => seen = (target.State.Known.MustLoad, target.State.Known.InDoubt);
        await SaveAsync(plan);
        Assert.Equal((true, plan.Proposal), seen);
    }

    [Fact]
    public async Task A_commit_that_was_not_tried_is_decided_anew()
    {
        parts.Store.CommitsTogether = false;
        parts.Store.IsGone = true;
        List<ControlledTarget> targets = [.. Enumerable.Range(0, 40).Select(i => Stored(Observing, $"s{i}"))];
        await SaveAsync([.. targets.Select(t => Plan(t))]);
        Assert.Contains(targets, t => t.State.Decided.MayStart);
        Assert.Contains(targets, t => !t.State.Decided.MayStart);
        Assert.All(targets, t => Assert.Equal(t.State.Decided.MayStart, !t.State.Known.MustLoad));
        Assert.Empty(again);
    }

    [Fact]
    public async Task A_wish_is_recorded_before_its_proposal_and_both_are_planned_again_where_it_cannot_be()
    {
        var wish = Parts.Wish(0, WishKind.Pause);
        var target = Stored(Observing);
        var planned = target.State with { Health = new Health(7, "of the plan") };
        await SaveAsync(new RoundPlan(target, planned, wish, null));
        Assert.Equal([wish with { Id = 1 }], target.State.Known.Wishes);
        Assert.Equal(7, target.State.Health.Faults);
        Assert.Equal([target], again);
        Assert.Empty(parts.Store.Batches);

        var refused = Stored(Observing, "refused");
        var before = refused.State;
        again.Clear();
        parts.Store.IsGone = true;
        await SaveAsync(new RoundPlan(refused, planned, wish, Plan(refused).Proposal));
        Assert.Same(before, refused.State);
        Assert.NotNull(parts.Access.Trouble);

        // While the store is left alone it is not asked at all.
        parts.Store.IsGone = false;
        await SaveAsync(new RoundPlan(refused, planned, wish, Plan(refused).Proposal));
        Assert.Same(before, refused.State);
        Assert.Equal(1, parts.Store.RecordedWishes);
        Assert.Empty(again);
        Assert.Empty(parts.Store.Batches);
    }

    [Fact]
    public async Task A_wish_beside_a_proposal_is_recorded_and_the_proposal_saved()
    {
        var target = Stored(Observing);
        var plan = Plan(target);
        await SaveAsync(plan with { Wish = Parts.Wish(0, WishKind.Pause) });
        Assert.Equal([1], parts.Store.Batches);
        Assert.Equal([1L], target.State.Known.Wishes.Select(w => w.Id));

        // Nothing of the first round is saved in the second.
        await SaveAsync([]);
        Assert.Equal([1], parts.Store.Batches);
    }

    [Fact]
    public async Task A_wish_that_the_store_cannot_take_for_another_reason_is_a_fault_and_one_that_was_stopped_is_cancelled()
    {
        var target = Stored(Observing);
        var (wish, state) = (Parts.Wish(0, WishKind.Pause), target.State);
        parts.Store.Hangs = Task.FromException(new OperationCanceledException("a timeout of the store's own"));
        var (isRecorded, next) = await parts.Get<WishRecorder>().RecordAsync(new RoundPlan(target, state, wish, null), default);
        Assert.Equal((false, 1), (isRecorded, next.Health.Faults));
        parts.Store.Hangs = Task.FromException(new InvalidOperationException("a fault"));
        (isRecorded, next) = await parts.Get<WishRecorder>().RecordAsync(
            new RoundPlan(target, state, wish, null), new CancellationToken(canceled: true));
        Assert.Equal((false, 1), (isRecorded, next.Health.Faults));
        parts.Store.Hangs = Task.FromException(new OperationCanceledException());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await parts.Get<WishRecorder>().RecordAsync(
            new RoundPlan(target, state, wish, null), new CancellationToken(canceled: true)));
        Assert.Equal((false, state), await parts.Get<WishRecorder>().RecordAsync(new RoundPlan(target, state, null, null), default));
    }

    private static Fact Fact(string text) => new(0, Parts.Now, World.Key, null, "observed", "drifted", text, "{}");

    private ControlledTarget Stored(Phase? phase, string service = World.Service)
    {
        var target = Parts.Target(phase, service);
        parts.Store.Put(target.State.Known.Record!);
        target.Observation.Change();
        return target;
    }

    private static RoundPlan Plan(ControlledTarget target) => new(target, target.State, null, Proposal(target, []));

    private static Proposal Proposal(ControlledTarget target, ImmutableArray<WishOutcome> wishes)
    {
        var record = target.State.Known.Record! with { Generation = 5 };
        if (record.Active is { } active) record = record with { Active = active with { Generation = 5 } };
        return new Proposal(
            new Commit(4, record, record.Active, [], wishes),
            record.Active is { } next ? new Decision(next, "pause", "because", wishes) : null, "pause", "because");
    }

    private async Task SaveAsync(params List<RoundPlan> plans) => await parts.Get<SaveStage>().SaveAsync(plans, again, default);
}
