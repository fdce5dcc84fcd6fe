using TrafficCtl.Control.Rounds.Saving;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Core.Rollouts;
using Xunit;

namespace TrafficCtl.Control.Tests.Rounds.Saving;

/// <summary>Evidence is saved and old recordings are deleted beside the decisions, and no fault of that stops a round.</summary>
public sealed class UpkeepTests : IDisposable
{
    private readonly Parts parts = new();

    public void Dispose() => parts.Dispose();

    [Fact]
    public async Task A_round_saves_what_is_due_and_deletes_old_recordings_every_minute()
    {
        var target = Changed();
        await Upkeep.RunAsync([target], default);
        Assert.Single(parts.Store.CheckpointBatches);
        Assert.Empty(parts.Store.Prunings);

        // It is not due again, and a round is not the last one.
        target.Observation.Change();
        await Upkeep.RunAsync([target], default);
        Assert.Single(parts.Store.CheckpointBatches);
        parts.Clock.Advance(TimeSpan.FromMinutes(1));
        await Upkeep.RunAsync([target], default);
        Assert.Equal((2, 1), (parts.Store.CheckpointBatches.Count, parts.Store.Prunings.Count));
    }

    [Fact]
    public async Task A_store_that_is_gone_is_left_alone()
    {
        var target = Changed();
        parts.Store.IsGone = true;
        await Upkeep.RunAsync([target], default);
        Assert.Equal((1, 0), (parts.Counts.StoreErrors, parts.Counts.Faults));
        parts.Store.IsGone = false;
        await Upkeep.RunAsync([target], default);
        Assert.Empty(parts.Store.CheckpointBatches);
        parts.Clock.Advance(TimeSpan.FromSeconds(2));
        await Upkeep.RunAsync([target], default);
        Assert.Single(parts.Store.CheckpointBatches);
    }

    [Fact]
    public async Task Recordings_of_a_store_that_is_gone_are_not_deleted_before_it_is_back()
    {
        await Upkeep.RunAsync([], default);
        parts.Clock.Advance(TimeSpan.FromMinutes(1));
        parts.Store.IsGone = true;
        await Upkeep.RunAsync([], default);
        Assert.Equal((1, 0), (parts.Counts.StoreErrors, parts.Counts.Faults));
        await Upkeep.RunAsync([], default);
        Assert.Equal(1, parts.Counts.StoreErrors);
    }

    [Fact]
    public async Task A_fault_that_the_store_does_not_know_is_counted_and_the_rest_goes_on()
    {
        await Upkeep.RunAsync(Throws(new InvalidOperationException("a fault")), default);
        Assert.Equal((0, 1), (parts.Counts.StoreErrors, parts.Counts.Faults));
        await Assert.ThrowsAsync<OperationCanceledException>(
            async () => await Upkeep.CheckpointAsync(Throws(new OperationCanceledException()), false, default));
        await Upkeep.CheckpointAsync(Throws(new OperationCanceledException()), true, default);
        Assert.Equal(2, parts.Counts.Faults);
    }

    private Upkeep Upkeep => parts.Get<Upkeep>();

    private static ControlledTarget Changed()
    {
        var target = Parts.Target(new Phase.Observing(0, Parts.Now, Parts.Now));
        target.Observation.Change();
        return target;
    }

    private static IEnumerable<ControlledTarget> Throws(Exception fault)
    {
        foreach (var target in new[] { Changed() })
        {
            if (fault is not null) throw fault;
            yield return target;
        }
    }
}
