using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Rollouts;
using Xunit;

namespace TrafficCtl.Control.Tests.Promoting;

public sealed class OrderTests
{
    [Fact]
    public async Task A_stopped_line_starts_nothing_and_a_released_one_does()
    {
        using var world = await VetoTests.WithFirstAsync();
        await world.OrderAsync(stamp => new PromotionFact.LineStopped(stamp, new LineScope("staging")));
        var v2 = await world.PublishAsync("v2");
        await world.UntilAsync(w => w.IsGood("test", v2));
        await world.WaitAsync(20);
        Assert.Equal("v1", world.Serving("staging"));
        await world.OrderAsync(stamp => new PromotionFact.LineReleased(stamp, new LineScope("staging")));
        await world.UntilAsync(w => w.IsGood("prod", v2));
    }

    [Fact]
    public async Task A_stop_in_the_middle_of_a_rollout_holds_it_at_its_step()
    {
        using var world = await VetoTests.WithFirstAsync();
        var v2 = await world.PublishAsync("v2");
        await world.UntilAsync(w => w.Store.Find(PipelineWorld.Key("staging"))?.Active is { Phase: Phase.Observing { Step: 0 } });
        await world.OrderAsync(stamp => new PromotionFact.LineStopped(stamp, LineScope.Service));
        await world.WaitAsync(20);
        Assert.IsType<Phase.Observing>(world.Store.Find(PipelineWorld.Key("staging"))!.Active!.Phase);
        await world.OrderAsync(stamp => new PromotionFact.LineReleased(stamp, LineScope.Service));
        await world.UntilAsync(w => w.IsGood("prod", v2));
    }

    [Fact]
    public async Task A_pin_brings_an_older_version_back_and_an_unpin_the_newest_on()
    {
        using var world = await VetoTests.WithFirstAsync();
        var v1 = world.State.Line.FindNamed("v1")!.Bundle.Hash;
        var v2 = await world.PublishAsync("v2");
        await world.UntilAsync(w => w.IsGood("prod", v2));
        var outcome = await world.OrderAsync(stamp => new PromotionFact.Pinned(stamp, "prod", v1));
        Assert.True(outcome.IsAccepted, outcome.Answer);
        await world.UntilAsync(w => w.Serving("prod") == "v1" && w.State.In("prod").At("default").Active is null);
        await world.WaitAsync(10);
        Assert.Equal(("v2", "v1"), (world.Serving("staging"), world.Serving("prod")));
        await world.OrderAsync(stamp => new PromotionFact.Unpinned(stamp, "prod"));
        var v3 = await world.PublishAsync("v3");
        await world.UntilAsync(w => w.IsGood("prod", v3));
    }

    [Fact]
    public async Task A_pin_in_the_middle_of_a_rollout_ends_it_at_once()
    {
        using var world = await VetoTests.WithFirstAsync();
        var v1 = world.State.Line.FindNamed("v1")!.Bundle.Hash;
        var v2 = await world.PublishAsync("v2");
        await world.UntilAsync(w => w.Store.Find(PipelineWorld.Key("prod"))?.Active is { Phase: Phase.Observing });
        await world.OrderAsync(stamp => new PromotionFact.Pinned(stamp, "prod", v1));
        Assert.False(world.Router.Effective(PipelineWorld.Key("prod")).ReachesCandidate);
        await world.WaitAsync(10);
        Assert.Equal("v1", world.Serving("prod"));
        await world.OrderAsync(stamp => new PromotionFact.Unpinned(stamp, "prod"));
        await world.UntilAsync(w => w.IsGood("prod", v2));
    }

    [Fact]
    public async Task A_newer_version_supersedes_one_before_a_hundred_percent()
    {
        using var world = await VetoTests.WithFirstAsync();
        var v2 = await world.PublishAsync("v2");
        await world.UntilAsync(w => w.Store.Find(PipelineWorld.Key("staging"))?.Active is { Phase: Phase.Observing });
        var v3 = await world.PublishAsync("v3");
        await world.UntilAsync(w => w.IsGood("prod", v3));
        Assert.False(world.IsGood("staging", v2));
        Assert.Null(world.State.In("staging").Of(v2).Failure);
        Assert.Equal("v3", world.Serving("staging"));
    }

    [Fact]
    public async Task An_order_that_is_refused_says_why_and_records_nothing()
    {
        using var world = await VetoTests.WithFirstAsync();
        var before = world.Facts.Length;
        var outcome = await world.OrderAsync(stamp => new PromotionFact.Unpinned(stamp, "prod"));
        Assert.Equal((false, "nothing is pinned there"), (outcome.IsAccepted, outcome.Answer));
        var unknown = await world.Orders.MakeAsync("shop", at => new PromotionFact.Unpinned(new(0, at, "ann", ""), "prod"), default);
        Assert.Equal("no pipeline shop is declared here; there are checkout", unknown.Answer);
        Assert.Equal(before, world.Facts.Length);
    }

    [Fact]
    public async Task A_stop_of_the_organisation_is_recorded_in_each_pipeline()
    {
        using var world = await VetoTests.WithFirstAsync();
        var answer = world.Orders.MakeAsync(
            null, at => new PromotionFact.LineStopped(new(0, at, "ann", "an incident"), LineScope.Organisation), default).AsTask();
        await world.SettleAsync();
        Assert.True((await answer).IsAccepted);
        Assert.True(Assert.Single(world.State.Stops).Scope.IsOrganisation);
    }

    [Fact]
    public async Task An_order_that_the_store_does_not_take_is_not_accepted()
    {
        using var world = await VetoTests.WithFirstAsync();
        world.Promotions.IsGone = true;
        var answer = world.Orders.MakeAsync(
            PipelineWorld.Service, at => new PromotionFact.LineStopped(new(0, at, "ann", "an incident"), LineScope.Service), default)
            .AsTask();
        await world.SettleAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => answer);
        Assert.Equal("the fake store of promotion facts is gone", world.View.Trouble);
        world.Promotions.IsGone = false;
        await world.SecondAsync();
        Assert.Null(world.View.Trouble);
        Assert.Empty(world.State.Stops);
    }

    [Fact]
    public async Task A_rollout_that_a_person_starts_past_the_pipeline_is_ended_at_once()
    {
        using var world = await VetoTests.WithFirstAsync();
        var v2 = await world.PublishAsync("v2");
        await world.UntilAsync(w => w.IsGood("test", v2));
        await world.OrderAsync(stamp => new PromotionFact.LineStopped(stamp, new LineScope("prod")));
        await world.UntilAsync(w => w.IsGood("staging", v2));
        var (staging, prod) = (PipelineWorld.Key("staging"), PipelineWorld.Key("prod"));
        foreach (var key in new[] { staging, prod })
        {
            await world.Store.RecordWishAsync(
                new Wish(0, key, WishKind.Publish, "v1", "ann", "", "a test", world.Clock.GetUtcNow()), default);
            world.Loop.Wake(key);
        }

        await world.WaitAsync(20);
        Assert.Equal(("v2", "v1"), (world.Serving("staging"), world.Serving("prod")));
        Assert.All(world.Spec.Targets, t => Assert.Null(world.Store.Find(t.Key)!.Active));
    }

    [Fact]
    public async Task A_person_who_aborts_a_rollout_is_told_of_as_that_person()
    {
        using var world = await VetoTests.WithFirstAsync();
        var v2 = await world.PublishAsync("v2");
        await world.UntilAsync(w => w.Store.Find(PipelineWorld.Key("staging"))?.Active is { Phase: Phase.Observing });
        await world.Store.RecordWishAsync(
            new Wish(0, PipelineWorld.Key("staging"), WishKind.Abort, null, "ann", "looks odd", "a test", world.Clock.GetUtcNow()),
            default);
        world.Loop.Wake(PipelineWorld.Key("staging"));
        await world.UntilAsync(w => w.Facts.OfType<PromotionFact.RolloutAborted>().Any());
        await world.WaitAsync(20);
        Assert.Equal(("v2", "v1"), (world.Serving("test"), world.Serving("staging")));
        Assert.NotNull(world.State.In("staging").Of(v2).Abort);
    }
}
