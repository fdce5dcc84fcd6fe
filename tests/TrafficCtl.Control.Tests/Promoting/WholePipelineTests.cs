using TrafficCtl.Core.Promotion.Facts;
using Xunit;

namespace TrafficCtl.Control.Tests.Promoting;

public sealed class WholePipelineTests
{
    [Fact]
    public async Task The_first_version_is_born_in_each_environment_one_after_the_other()
    {
        using var world = new PipelineWorld();
        var v1 = await world.PublishAsync("v1");
        await world.UntilAsync(w => w.IsGood("prod", v1), 60);
        Assert.Equal(["v1", "v1", "v1"], new[] { "test", "staging", "prod" }.Select(e => world.Serving(e)));
        Assert.All(world.Spec.Targets, t => Assert.Equal(["v1"], world.Runtime.Running(t.Key)));
    }

    [Fact]
    public async Task A_second_version_goes_all_the_way_by_rollouts()
    {
        using var world = new PipelineWorld();
        var v1 = await world.PublishAsync("v1");
        await world.UntilAsync(w => w.IsGood("prod", v1), 60);
        var v2 = await world.PublishAsync("v2");
        await world.UntilAsync(w => w.IsGood("prod", v2));
        Assert.Equal(["v2", "v2", "v2"], new[] { "test", "staging", "prod" }.Select(e => world.Serving(e)));
        Assert.Equal(3, world.Facts.OfType<PromotionFact.RolloutStarted>().Count(f => f.Bundle == v2));
        await world.WaitAsync(5);
        Assert.All(world.Spec.Targets, t => Assert.Equal(["v2"], world.Runtime.Running(t.Key)));
    }
}
