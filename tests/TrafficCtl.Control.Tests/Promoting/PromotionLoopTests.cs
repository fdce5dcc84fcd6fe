using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Promoting;

public sealed class PromotionLoopTests
{
    [Fact]
    public async Task A_round_in_which_nothing_changed_asks_no_store_and_allocates_little()
    {
        using var world = await VetoTests.WithFirstAsync();
        await world.WaitAsync(10);
        await world.Promotion.TurnAsync(default);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        world.Calls.Counts = static (port, _) => port is not "runtime";
        var before = world.Calls.Count;
        var began = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(await world.Promotion.TurnAsync(default));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - began;
        Assert.Equal(before, world.Calls.Count);
        Assert.InRange(allocated, 0, 64 * 1024);
    }

    [Fact]
    public async Task A_pipeline_is_known_to_readers_before_its_first_round()
    {
        using var world = new PipelineWorld(Specs.Three());
        Assert.Equal(("its facts were not read yet", 3), (world.View.Trouble, world.View.Targets.Length));
        await world.WaitAsync(2);
        Assert.Null(world.View.Trouble);
    }

    [Fact]
    public async Task An_approval_by_enough_people_lets_a_version_in()
    {
        var approve = EntryGate.Of("approve", new ApproveGate("approver", 2, NotAuthor: true, TimeSpan.FromHours(1)));
        using var world = new PipelineWorld(Specs.Three(e => e.Name == "prod" ? e with { Needs = [approve] } : e));
        var v1 = await world.PublishAsync("v1", author: "ann");
        await world.UntilAsync(w => w.IsGood("staging", v1));
        await world.WaitAsync(5);
        Assert.Null(world.Serving("prod"));
        var own = await world.OrderAsync(stamp => new PromotionFact.GateVoted(stamp, "prod", "approve", v1, false, "approver"), "ann");
        Assert.False(own.IsAccepted);
        await world.OrderAsync(stamp => new PromotionFact.GateVoted(stamp, "prod", "approve", v1, false, "approver"), "bob");
        await world.WaitAsync(5);
        Assert.Null(world.Serving("prod"));
        await world.OrderAsync(stamp => new PromotionFact.GateVoted(stamp, "prod", "approve", v1, false, "approver"), "cid");
        await world.UntilAsync(w => w.IsGood("prod", v1));
    }

    [Fact]
    public async Task An_order_is_taken_at_once_while_the_loop_runs_and_refused_when_it_does_not()
    {
        using var world = await VetoTests.WithFirstAsync();
        using var stop = new CancellationTokenSource();
        var running = world.Promotion.RunAsync(stop.Token);
        var outcome = await world.Orders.MakeAsync(
            PipelineWorld.Service, at => new PromotionFact.LineStopped(new(0, at, "ann", "an incident"), LineScope.Service), default)
            .AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(outcome.IsAccepted);
        await stop.CancelAsync();
        await running;
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await world.Orders.MakeAsync(
            PipelineWorld.Service, at => new PromotionFact.LineReleased(new(0, at, "ann", ""), LineScope.Service), default));
    }

    [Fact]
    public async Task A_pipeline_that_nobody_declares_any_more_is_left_alone()
    {
        using var world = await VetoTests.WithFirstAsync();
        world.Promotion.SetPipelines([]);
        await world.WaitAsync(3);
        Assert.Null(world.View);
        Assert.Equal(["v1"], world.Runtime.Running(PipelineWorld.Key("prod")));
    }

    [Fact]
    public async Task A_process_that_was_away_while_a_rollout_failed_records_that_and_starts_nothing_again()
    {
        using var world = await VetoTests.WithFirstAsync();
        var v2 = await world.PublishAsync("v2");
        await world.UntilAsync(w => w.Router.Effective(PipelineWorld.Key("staging")).ReachesCandidate);
        world.Metrics.Candidate = new ArmScript(ErrorRatio: 0.9);
        // Only the control loop goes on.
        for (var i = 0; i < 60 && world.Store.Find(PipelineWorld.Key("staging"))!.Active is not null; i++)
        {
            world.Metrics.Flow(PipelineWorld.Key("staging"), TimeSpan.FromSeconds(1));
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            while (await world.Loop.TurnAsync(default))
            {
            }
        }

        world.Restart();
        await world.WaitAsync(20);
        Assert.Equal(v2, Assert.Single(world.Facts.OfType<PromotionFact.RolloutRolledBack>()).Bundle);
        Assert.Equal(1, world.Store.Find(PipelineWorld.Key("staging"))!.LastNumber);
        Assert.Equal("v1", world.Serving("staging"));
    }
}
