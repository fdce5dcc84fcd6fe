using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.Saving;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Control.Timing;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Rounds.Saving;

/// <summary>Whose evidence is saved between decisions, and when.</summary>
public sealed class CheckpointsTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Due = TimeSpan.FromSeconds(100);

    private readonly ManualClock clock = new();
    private readonly FakeStore store = new();
    private readonly Checkpoints checkpoints;

    public CheckpointsTests() => checkpoints = new Checkpoints(store);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(9, 10)]
    [InlineData(10, 1)]
    [InlineData(27, 8)]
    public void The_first_checkpoint_after_a_decision_is_spread_over_the_interval_by_slot(int slot, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), checkpoints.FirstAfter(slot));

    [Theory]
    [InlineData(-1, false, 0)]
    [InlineData(0, false, 1)]
    [InlineData(1, false, 1)]
    [InlineData(-1, true, 1)]
    public async Task Changed_evidence_is_saved_once_it_is_due_and_the_last_time_whenever_it_is(int secondsPastDue, bool isLast, int saved)
    {
        var target = Target(new Phase.Shifting(0));
        target.Observation.Change();
        var now = await SaveAsync(target, secondsPastDue, isLast);
        Assert.Equal(saved, store.CheckpointBatches.Count);
        Assert.Equal(saved == 0, target.Observation.IsUnsaved);
        Assert.Equal(saved == 0 ? Due : now + store.CheckpointEvery, target.Observation.SaveAt);
    }

    [Theory]
    [InlineData("observing", false, 1)]
    [InlineData("baking", false, 1)]
    [InlineData("waiting", false, 0)]
    [InlineData("shifting", false, 0)]
    [InlineData("waiting", true, 1)]
    public async Task Elapsed_time_alone_is_saved_where_a_minimum_time_has_to_pass_and_at_the_end(string phase, bool isLast, int saved)
    {
        var target = Target(phase switch
        {
            "observing" => new Phase.Observing(0, Now, Now),
            "baking" => new Phase.Baking(Now),
            "waiting" => new Phase.Waiting("start"),
            _ => new Phase.Shifting(0),
        });
        target.Clock.Look(target.State.Known.Record!.Active, clock.Now());
        clock.Advance(TimeSpan.FromSeconds(3));
        target.Clock.Look(target.State.Known.Record!.Active, clock.Now());
        Assert.True(target.Clock.IsUnsaved);
        await SaveAsync(target, 1, isLast);
        Assert.Equal(saved, store.CheckpointBatches.Count);
        Assert.Equal(saved == 0, target.Clock.IsUnsaved);
    }

    [Fact]
    public async Task Nothing_is_saved_where_nothing_changed_or_the_record_is_unknown_or_the_evidence_is_of_another_rollout()
    {
        var unchanged = Target(new Phase.Observing(0, Now, Now));
        var unknown = Changed();
        unknown.Take(unknown.State with { Known = unknown.State.Known with { MustLoad = true } });
        var other = Changed();
        other.Observation.BeginEvidence("checkout-default-2", 0);
        other.Observation.Change();
        var idle = Changed();
        idle.Take(idle.State with { Known = idle.State.Known with { Record = idle.State.Known.Record! with { Active = null } } });
        await checkpoints.SaveAsync([unchanged, unknown, other, idle], new Instant(clock.GetUtcNow(), Due), true, default);
        Assert.Empty(store.CheckpointBatches);

        var changed = Changed();
        await checkpoints.SaveAsync([unchanged, unknown, changed, other, Changed()], new Instant(clock.GetUtcNow(), Due), false, default);
        var batch = Assert.Single(store.CheckpointBatches);
        Assert.Equal(2, batch.Length);
        Assert.Equal(batch[0].Evidence.ToArray(), batch[1].Evidence.ToArray());

        // What was due in one call is not due in the next.
        await checkpoints.SaveAsync([changed], new Instant(clock.GetUtcNow(), Due), true, default);
        Assert.Single(store.CheckpointBatches);
    }

    private static ControlledTarget Changed()
    {
        var target = Target(new Phase.Observing(0, Now, Now));
        target.Observation.Change();
        return target;
    }

    private static ControlledTarget Target(Phase phase)
    {
        var spec = World.Spec();
        var active = new RolloutState("checkout-default-1", "checkout", "default", 1, "v1", "v2", 4, Now, Now, phase)
        {
            Plan = spec.Plan,
            ChangedAfter = TimeSpan.Zero,
        };
        var target = new ControlledTarget(new Declaration(spec, LastKnown.Nothing), 0, Due);
        target.Take(target.State with
        {
            Known = Known.Nothing with { Record = new ServiceRecord(World.Key, "v1", 1, 4, [], active, default), MustLoad = false },
        });
        target.Observation.BeginEvidence(active.Id, 0);
        return target;
    }

    private async Task<TimeSpan> SaveAsync(ControlledTarget target, int secondsPastDue, bool isLast)
    {
        var now = Due + TimeSpan.FromSeconds(secondsPastDue);
        await checkpoints.SaveAsync([target], new Instant(clock.GetUtcNow(), now), isLast, default);
        return now;
    }
}
