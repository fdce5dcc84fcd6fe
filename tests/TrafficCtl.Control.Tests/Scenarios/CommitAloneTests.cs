using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Scenarios;

/// <summary>A store that saves one service a call.</summary>
public sealed class CommitAloneTests
{
    [Fact]
    public async Task Each_decision_is_a_commit_of_its_own_and_all_services_reach_their_end()
    {
        using var world = Worlds(20);
        await world.UntilAsync(w => w.Views.All.All(v => v.Newest?.Phase is Phase.Good));
        Assert.All(world.Store.Batches, size => Assert.Equal(1, size));
    }

    [Fact]
    public async Task A_service_that_the_store_cannot_keep_waits_alone_with_its_words()
    {
        using var world = Worlds(3);
        world.Store.Poison = commits => commits[0].Record.Key.Service == "s1"
            ? new StoreUnavailableException("no permission in its namespace") { Only = commits[0].Record.Key }
            : null;
        await world.UntilAsync(w => w.Views.Find(Keys.Of("s0"))!.Newest?.Phase is Phase.Good
            && w.Views.Find(Keys.Of("s2"))!.Newest?.Phase is Phase.Good);
        Assert.Null(world.Store.Find(new TargetKey("s1", "default")));
        Assert.Contains(world.Views.Find(Keys.Of("s1"))!.Warnings, w => w.Contains("no permission", StringComparison.Ordinal));
        Assert.DoesNotContain(world.Views.Find(Keys.Of("s0"))!.Warnings, w => w.Contains("store", StringComparison.Ordinal));

        world.Store.Poison = _ => null;
        await world.UntilAsync(w => w.Views.Find(Keys.Of("s1"))!.Newest?.Phase is Phase.Good);
    }

    [Fact]
    public async Task Once_the_store_is_gone_the_rest_of_the_round_is_not_tried_and_nothing_is_lost()
    {
        using var world = Worlds(100);
        var tried = 0;
        world.Store.Poison = _ =>
        {
            tried++;
            return new StoreUnavailableException("the cluster does not answer");
        };
        await world.SettleAsync();
        Assert.InRange(tried, 1, 16);
        world.Store.Poison = _ => null;
        await world.UntilAsync(w => w.Views.All.All(v => v.Newest?.Phase is Phase.Good));
    }

    [Fact]
    public async Task Of_a_stale_decision_and_others_only_the_stale_one_is_made_anew()
    {
        using var world = Worlds(3);
        await world.UntilAsync(w => w.Views.All.All(v => v.Record?.Active?.Phase is Phase.Observing));
        var key = new TargetKey("s1", "default");
        var record = world.Store.Find(key)!;
        world.Store.Put(
            record with { Generation = record.Generation + 5, Active = record.Active! with { Generation = record.Generation + 5 } });
        await world.UntilAsync(w => w.Views.All.All(v => v.Newest?.Phase is Phase.Good));
        Assert.Equal(1, world.Counts.StaleWrites);
    }

    [Fact]
    public async Task A_commit_that_was_saved_although_its_answer_was_lost_is_not_made_twice()
    {
        using var world = Worlds(1);
        world.Calls.BreaksAt = world.Calls.Count + 3;
        world.Calls.Fault = PortFault.FailsAfter;
        await world.UntilAsync(w => w.Views.All.All(v => v.Newest?.Phase is Phase.Good));
        Assert.Single(world.Store.Facts, f => f.Kind == "born");
    }

    [Fact]
    public async Task Evidence_is_saved_as_often_as_the_store_likes()
    {
        using var world = Worlds(1, TimeSpan.FromSeconds(60));
        world.Specs = [world.Specs[0] with
        {
            Plan = world.Specs[0].Plan with { Steps = [world.Specs[0].Plan.Steps[0] with { Dwell = TimeSpan.FromHours(1) }] },
        }];
        world.Loop.SetServices(world.Specs);
        await world.UntilAsync(w => w.Views.Find(Keys.Of("s0"))!.Record?.Active?.Phase is Phase.Observing);
        for (var i = 0; i < 60; i++) await world.SecondAsync();
        var before = world.Store.CheckpointBatches.Count;
        for (var i = 0; i < 300; i++) await world.SecondAsync();
        Assert.InRange(world.Store.CheckpointBatches.Count - before, 4, 6);
    }

    private static World Worlds(int services, TimeSpan? checkpointEvery = null)
    {
        var world = new World();
        world.Store.CommitsTogether = false;
        world.Store.CheckpointEvery = checkpointEvery ?? TimeSpan.FromSeconds(10);
        world.Specs = [.. Enumerable.Range(0, services).Select(i => World.Spec() with { Service = $"s{i}" })];
        world.Loop.SetServices(world.Specs);
        return world;
    }
}
