using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Rollouts;
using Xunit;

namespace TrafficCtl.Control.Tests.Promoting;

public sealed class RuntimeTests
{
    [Fact]
    public async Task A_version_that_never_serves_is_given_up_and_its_slot_is_ended()
    {
        using var world = await VetoTests.WithFirstAsync();
        world.Runtime.Bad["v2"] = (SlotPhase.Starting, 0);
        var v2 = await world.PublishAsync("v2");
        await world.WaitAsync(119);
        Assert.Empty(world.Facts.OfType<PromotionFact.RolloutRolledBack>());
        await world.WaitAsync(5);
        var back = Assert.Single(world.Facts.OfType<PromotionFact.RolloutRolledBack>());
        Assert.Equal(("test", v2, RollbackCause.TargetGone), (back.Environment, back.Bundle, back.Cause));
        Assert.Equal(world.State.Line.FindNamed("v1")!.Bundle.Hash, back.To);
        await world.WaitAsync(5);
        Assert.Equal(["v1"], world.Runtime.Running(PipelineWorld.Key("test")));
        Assert.Equal("v1", world.Serving("test"));
    }

    [Fact]
    public async Task A_version_that_ends_again_and_again_is_given_up_soon()
    {
        using var world = await VetoTests.WithFirstAsync();
        world.Runtime.Bad["v2"] = (SlotPhase.BackingOff, 5);
        await world.PublishAsync("v2");
        await world.WaitAsync(5);
        Assert.Single(world.Facts.OfType<PromotionFact.RolloutRolledBack>());
    }

    [Fact]
    public async Task A_first_version_that_never_serves_leaves_the_next_one_to_begin()
    {
        using var world = new PipelineWorld();
        world.Runtime.Bad["v1"] = (SlotPhase.Failed, 5);
        await world.PublishAsync("v1");
        await world.WaitAsync(5);
        Assert.Null(Assert.Single(world.Facts.OfType<PromotionFact.RolloutRolledBack>()).To);
        var v2 = await world.PublishAsync("v2");
        await world.UntilAsync(w => w.IsGood("prod", v2), 60);
        Assert.Equal(["v2"], world.Runtime.Running(PipelineWorld.Key("test")));
    }

    [Fact]
    public async Task A_target_whose_runtime_is_gone_converges_to_the_version_of_today()
    {
        using var world = await VetoTests.WithFirstAsync(new PipelineWorld(Specs.Three(
            e => e.Name == "prod" ? e with { Targets = ["eu", "us"], Tolerate = 1 } : e)));
        world.Runtime.Gone.Add(PipelineWorld.Key("prod", "us"));
        await world.WaitAsync(8);
        Assert.Empty(world.Facts.OfType<PromotionFact.TargetObserved>());
        await world.WaitAsync(8);
        Assert.False(Assert.Single(world.Facts.OfType<PromotionFact.TargetObserved>()).IsConnected);
        await world.PublishAsync("v2");
        var v3 = await world.PublishAsync("v3");
        await world.UntilAsync(w => w.IsGood("prod", v3));
        Assert.Equal(("v3", "v1"), (world.Serving("prod", "eu"), world.Serving("prod", "us")));
        Assert.NotNull(world.View.Targets.Single(t => t.Key.Target == "us").BehindSince);
        world.Runtime.Gone.Clear();
        await world.UntilAsync(w => w.Serving("prod", "us") == "v3");
        await world.WaitAsync(10);
        Assert.Null(world.View.Targets.Single(t => t.Key.Target == "us").BehindSince);
        Assert.DoesNotContain(world.Runtime.Started, s => s.Contains("us v2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_serves_and_is_taken_away_is_brought_back_three_times_then_told()
    {
        using var world = await VetoTests.WithFirstAsync();
        world.Runtime.Started.Clear();
        for (var i = 0; i < 3; i++)
        {
            world.Runtime.Remove(PipelineWorld.Key("prod"), "v1");
            await world.WaitAsync(70);
            Assert.Equal(["v1"], world.Runtime.Running(PipelineWorld.Key("prod")));
        }

        world.Runtime.Remove(PipelineWorld.Key("prod"), "v1");
        await world.WaitAsync(70);
        Assert.Equal(3, world.Runtime.Started.Count);
        Assert.Contains(world.View.Warnings, w => w.Contains("brought back 3 times", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(DriftMode.Alert, 1)]
    [InlineData(DriftMode.Observe, 0)]
    public async Task What_is_only_to_be_told_is_left_alone(DriftMode mode, int warnings)
    {
        using var world = await VetoTests.WithFirstAsync(new PipelineWorld(Specs.Three(drift: mode)));
        world.Runtime.Started.Clear();
        world.Runtime.Remove(PipelineWorld.Key("prod"), "v1");
        await world.WaitAsync(10);
        Assert.Empty(world.Runtime.Started);
        Assert.Equal(warnings, world.View.Warnings.Length);
        Assert.Equal(
            "checkout@prod: v1 was decided, and in its slot nothing runs",
            world.View.Targets.Single(t => t.Key.Environment == "prod").Why);
    }

    [Fact]
    public async Task A_veto_takes_traffic_away_although_services_cannot_be_declared()
    {
        using var world = await VetoTests.WithFirstAsync();
        var v2 = await world.PublishAsync("v2");
        await world.UntilAsync(w => w.Router.Effective(PipelineWorld.Key("prod")).ReachesCandidate);
        world.Undeclarable = ["port 8081 is taken"];
        await world.OrderAsync(stamp => new PromotionFact.Vetoed(stamp, "prod", v2));
        Assert.False(world.Router.Effective(PipelineWorld.Key("prod")).ReachesCandidate);
    }

    [Fact]
    public async Task Services_that_cannot_be_declared_are_told_and_declared_later()
    {
        using var world = new PipelineWorld();
        world.Undeclarable = ["port 8081 is taken"];
        var v1 = await world.PublishAsync("v1");
        await world.WaitAsync(5);
        Assert.Contains("port 8081 is taken", world.View.Warnings);
        world.Undeclarable = [];
        await world.UntilAsync(w => w.IsGood("prod", v1));
        Assert.Empty(world.View.Warnings);
    }
}
