using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Promoting;

/// <summary>The loop closes by real traffic: what one environment learns, the others obey.</summary>
public sealed class VetoTests
{
    [Fact]
    public async Task A_rollback_by_traffic_in_staging_vetoes_prod_within_one_round()
    {
        using var world = await WithFirstAsync();
        var v2 = await world.PublishAsync("v2");
        await world.UntilAsync(w => w.Store.Find(PipelineWorld.Key("staging"))?.Active is { Phase: Phase.Observing });
        world.Metrics.Candidate = new ArmScript(ErrorRatio: 0.5);
        await world.UntilAsync(w => w.Facts.OfType<PromotionFact.RolloutRolledBack>().Any());

        var back = world.Facts.OfType<PromotionFact.RolloutRolledBack>().Single();
        Assert.Equal(("staging", v2), (back.Environment, back.Bundle));
        var veto = world.Facts.OfType<PromotionFact.Vetoed>().Single();
        Assert.Equal(("staging", v2, back.Stamp.At), (veto.Environment, veto.Bundle, veto.Stamp.At));
        await world.WaitAsync(30);
        Assert.Equal(("v2", "v1", "v1"), (world.Serving("test"), world.Serving("staging"), world.Serving("prod")));
        Assert.DoesNotContain(world.Facts.OfType<PromotionFact.RolloutStarted>(), f => f.Environment == "prod" && f.Bundle == v2);
        Assert.Equal(["v1"], world.Runtime.Running(PipelineWorld.Key("staging")));
    }

    [Fact]
    public async Task A_fixed_version_goes_all_the_way_after_a_rollback_in_staging()
    {
        using var world = await WithFirstAsync();
        await world.PublishAsync("v2");
        await world.UntilAsync(w => w.Store.Find(PipelineWorld.Key("staging"))?.Active is { Phase: Phase.Observing });
        world.Metrics.Candidate = new ArmScript(ErrorRatio: 0.5);
        await world.UntilAsync(w => w.Facts.OfType<PromotionFact.RolloutRolledBack>().Any());
        world.Metrics.Candidate = new ArmScript(ErrorRatio: 0);
        var v3 = await world.PublishAsync("v3");
        await world.UntilAsync(w => w.IsGood("prod", v3));
        Assert.Equal(("v3", "v3", "v3"), (world.Serving("test"), world.Serving("staging"), world.Serving("prod")));
    }

    [Fact]
    public async Task A_veto_in_staging_while_prod_rolls_out_takes_the_traffic_away_within_one_round()
    {
        using var world = await WithFirstAsync();
        var v2 = await world.PublishAsync("v2");
        await world.UntilAsync(w => w.Store.Find(PipelineWorld.Key("prod"))?.Active is { Phase: Phase.Observing });
        Assert.True(world.Router.Effective(PipelineWorld.Key("prod")).ReachesCandidate);

        var before = world.Clock.GetUtcNow();
        var outcome = await world.OrderAsync(stamp => new PromotionFact.Vetoed(stamp, "staging", v2));
        Assert.True(outcome.IsAccepted, outcome.Answer);
        Assert.Equal(before, world.Clock.GetUtcNow());
        Assert.False(world.Router.Effective(PipelineWorld.Key("prod")).ReachesCandidate);

        await world.UntilAsync(w => w.Serving("staging") == "v1" && w.Serving("prod") == "v1" && w.State.In("prod").At("default") is
        {
            Active: null,
        });
        await world.WaitAsync(20);
        Assert.Equal(("v2", "v1", "v1"), (world.Serving("test"), world.Serving("staging"), world.Serving("prod")));
        Assert.Empty(world.Facts.OfType<PromotionFact.RolloutAborted>());
        Assert.Equal(["v1"], world.Runtime.Running(PipelineWorld.Key("prod")));
    }

    [Fact]
    public async Task A_veto_in_staging_after_prod_is_good_brings_both_back_at_once()
    {
        using var world = await WithFirstAsync();
        var v2 = await world.PublishAsync("v2");
        await world.UntilAsync(w => w.IsGood("prod", v2));
        await world.WaitAsync(5);
        await world.OrderAsync(stamp => new PromotionFact.Vetoed(stamp, "staging", v2));
        var seconds = await world.UntilAsync(w => w.Serving("staging") == "v1" && w.Serving("prod") == "v1", 20);
        Assert.InRange(seconds, 0, 6);
        await world.WaitAsync(10);
        Assert.Equal("v2", world.Serving("test"));
        Assert.All(world.View.Environments.Where(e => e.Environment != "test"), e => Assert.Equal(DesiredBy.LastGood, e.By));
        Assert.All(world.View.Targets, t => Assert.Null(t.BehindSince));
    }

    [Fact]
    public async Task A_version_that_is_vetoed_before_its_slot_serves_never_gets_traffic()
    {
        using var world = await WithFirstAsync();
        world.Runtime.Bad["v2"] = (Control.Ports.SlotPhase.Starting, 0);
        var v2 = await world.PublishAsync("v2");
        await world.WaitAsync(5);
        await world.OrderAsync(stamp => new PromotionFact.Vetoed(stamp, "test", v2));
        await world.WaitAsync(5);
        Assert.Contains(world.Facts.OfType<PromotionFact.RolloutWithdrawn>(), f => f.Bundle == v2);
        Assert.Equal(["v1"], world.Runtime.Running(PipelineWorld.Key("test")));
        Assert.Equal(1, world.Store.Find(PipelineWorld.Key("test"))!.Generation);
    }

    internal static async Task<PipelineWorld> WithFirstAsync(PipelineWorld? given = null)
    {
        var world = given ?? new PipelineWorld();
        var v1 = await world.PublishAsync("v1");
        await world.UntilAsync(w => w.IsGood("prod", v1), 60);
        return world;
    }
}
