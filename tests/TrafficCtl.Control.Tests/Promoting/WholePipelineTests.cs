using System.Collections.Immutable;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
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
    public async Task Versions_that_run_already_move_in_the_order_of_the_file()
    {
        ImmutableArray<VersionSpec> versions = [new("v1", [new Uri("http://one.local")]), new("v2", [new Uri("http://two.local")])];
        var three = Specs.Three();
        var runs = new RuntimeSpec.Static(versions, new HealthSettings("/"));
        using var world = new PipelineWorld(three with { Targets = [.. three.Targets.Select(t => new PipelineTarget(t.Template, runs))] });
        foreach (var target in world.Spec.Targets) world.Runtime.List(target.Key, "v1", "v2");
        await world.UntilAsync(w => w.State.Line.FindNamed("v2") is { } v2 && w.IsGood("prod", v2.Bundle.Hash));
        Assert.Equal(["v2", "v2", "v2"], new[] { "test", "staging", "prod" }.Select(e => world.Serving(e)));
        Assert.All(world.Spec.Targets, t => Assert.Equal(["v1", "v2"], world.Runtime.Running(t.Key)));
        Assert.Empty(world.View.Warnings);
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
