using TrafficCtl.Core.Promotion.Facts;
using Xunit;

namespace TrafficCtl.Control.Tests.Promoting;

public sealed class LostRecordTests
{
    [Fact]
    public async Task What_runs_is_served_on_after_the_record_was_lost_and_nothing_older_starts_by_itself()
    {
        using var world = await VetoTests.WithFirstAsync();
        world.Runtime.Started.Clear();
        world.LoseStore();
        await world.SettleAsync();
        Assert.All(world.Spec.Targets, t => Assert.Equal("v1", world.Serving(t.Key.Environment)));

        await world.PublishAsync("v1", isAwaited: false);
        await world.PublishAsync("v2");
        await world.WaitAsync(20);
        Assert.Single(world.Facts.OfType<PromotionFact.StateLost>());
        Assert.All(world.Spec.Targets, t => Assert.Equal("v1", world.Serving(t.Key.Environment)));
        Assert.Empty(world.Runtime.Started);
        var v1 = world.State.Line.FindNamed("v1")!.Bundle.Hash;
        Assert.All(world.Spec.Promotion.Environments, e => Assert.Equal([v1], world.State.In(e.Name).GoodHistory));

        var v3 = await world.PublishAsync("v3");
        await world.UntilAsync(w => w.IsGood("prod", v3));
    }

    [Fact]
    public async Task A_service_that_a_file_declared_before_begins_with_what_it_has()
    {
        using var world = await VetoTests.WithFirstAsync();
        var v1 = world.State.Line.FindNamed("v1")!.Bundle.Hash;
        world.LosePromotions();
        await world.WaitAsync(5);
        Assert.Empty(world.Facts.OfType<PromotionFact.RolloutStarted>());
        Assert.All(world.Spec.Promotion.Environments, e => Assert.True(world.IsGood(e.Name, v1)));
        var v2 = await world.PublishAsync("v2");
        await world.UntilAsync(w => w.IsGood("prod", v2));
    }
}
