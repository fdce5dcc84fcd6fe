using TrafficCtl.Control.Looping;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Looping;

public sealed class ControlLoopTests
{
    [Fact]
    public async Task Runs_by_its_clock_and_saves_the_evidence_once_more_when_it_stops()
    {
        using var world = new World();
        world.Metrics.Rate = 50;
        using var stop = new CancellationTokenSource();
        var running = world.Loop.RunAsync(stop.Token);
        await RestsAsync();
        Assert.IsType<Phase.Observing>(world.View.Newest?.Phase);
        for (var i = 0; i < 3; i++)
        {
            world.Metrics.Flow(World.Service, TimeSpan.FromSeconds(1));
            world.Clock.Advance(ControlLoop.Period);
            await RestsAsync();
            Assert.Equal(world.Clock.GetUtcNow(), world.View.At);
        }

        var checkpoints = world.Store.CheckpointBatches.Count;
        await stop.CancelAsync();
        await running;
        Assert.Equal(checkpoints + 1, world.Store.CheckpointBatches.Count);

        // Its view is shown before a round has ended; only then is the next one set by the clock.
        Task RestsAsync() => Eventually.TrueAsync(() => world.Clock.IsDueIn(ControlLoop.Period), "the loop waits for its next round");
    }

    [Fact]
    public async Task Tells_how_long_no_round_has_ended_while_one_is_due()
    {
        using var world = await new World().BegunAsync();
        world.Clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(TimeSpan.FromSeconds(61), world.Loop.SinceRound);
        await world.Loop.TurnAsync(default);
        Assert.Equal(TimeSpan.Zero, world.Loop.SinceRound);

        // Without services no round is due, and the first one's time counts from when it came.
        world.Loop.SetServices([]);
        world.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.Zero, world.Loop.SinceRound);
        world.Loop.SetServices(world.Specs);
        Assert.Equal(TimeSpan.Zero, world.Loop.SinceRound);
    }

    [Fact]
    public async Task A_second_run_believes_the_store_and_not_what_it_knew_in_the_first()
    {
        using var world = await new World().BegunAsync();
        await StopOnceAsync();
        var ended = world.Active! with { Phase = new Phase.Aborted("another leader"), Generation = 9 };
        var record = world.Store.Find(World.Key)!;
        await world.Store.CommitAsync(
            [new Commit(record.Generation, record with { Active = null, Generation = 9 }, ended, [], [])], default);

        await StopOnceAsync();
        Assert.Null(world.View.Record!.Active);
        Assert.Equal(9, world.Router.Find(World.Service)!.Generation);

        async Task StopOnceAsync()
        {
            using var stop = new CancellationTokenSource();
            var version = world.Views.Version;
            var running = world.Loop.RunAsync(stop.Token);
            await world.Views.ChangedAsync(version, default);
            await stop.CancelAsync();
            await running;
        }
    }

    [Fact]
    public async Task A_service_that_the_file_no_longer_names_is_forgotten_here_and_kept_in_the_store()
    {
        using var world = await new World().BegunAsync();
        world.Loop.SetServices([]);
        await world.SettleAsync();
        Assert.Null(world.Views.Find(Keys.Of(World.Service)));
        Assert.NotNull(world.Store.Find(World.Key));
    }

    [Fact]
    public async Task A_service_that_leaves_the_file_during_a_round_does_not_come_back_as_a_view()
    {
        using var world = new World();
        world.Store.Poison = _ =>
        {
            world.Loop.SetServices([]);
            return null;
        };
        await world.SettleAsync();
        Assert.Null(world.Views.Find(Keys.Of(World.Service)));
    }

    [Fact]
    public async Task Decisions_of_one_round_go_in_one_transaction()
    {
        using var world = new World();
        world.Specs = [.. Enumerable.Range(0, 20).Select(i => World.Spec() with { Service = $"s{i}" })];
        world.Loop.SetServices(world.Specs);
        await world.SettleAsync();
        Assert.Equal([20, 20, 20], world.Store.Batches.Take(3));
    }
}
