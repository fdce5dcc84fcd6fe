using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Scenarios;

public sealed class WishTests
{
    [Fact]
    public async Task A_wish_is_answered_once_and_told_to_its_asker()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        var outcome = await world.AskAsync(WishKind.Pause);
        for (var i = 0; i < 5; i++) await world.SecondAsync();

        Assert.True(outcome!.Accepted);
        Assert.IsType<Phase.Paused>(world.Phase);
        var fact = Assert.Single(world.Store.Facts, f => f.Kind == "ordered");
        Assert.StartsWith("ann asked to pause from a test at 2026-01-01", fact.Text, StringComparison.Ordinal);
        Assert.Single(world.Store.AnsweredWishes);
    }

    [Fact]
    public async Task Many_wakes_make_one_round()
    {
        using var world = await new World().BegunAsync();
        var rounds = world.Counts.Rounds;
        for (var i = 0; i < 100; i++) world.Loop.Wake(World.Key);
        await world.SettleAsync();
        Assert.Equal(rounds + 1, world.Counts.Rounds);
    }

    [Fact]
    public async Task A_wish_for_an_unknown_service_is_refused_and_one_for_an_unknown_version_names_the_known()
    {
        using var world = await new World().BegunAsync();
        var wish = new Wish(0, Keys.Of("shop"), WishKind.Pause, null, "ann", "", "a test", default);
        var unknown = await world.Wishes.MakeAsync(wish, TimeSpan.FromSeconds(1), default);
        var version = await world.AskAsync(WishKind.Publish, "v9");

        Assert.Equal((0L, false), (unknown!.Wish.Id, unknown.Accepted));
        Assert.Contains("checkout", unknown.Answer, StringComparison.Ordinal);
        Assert.False(version!.Accepted);
        Assert.Contains("v1, v2", version.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wish_that_the_store_does_not_take_is_a_fault_of_the_asker()
    {
        using var world = await new World().BegunAsync();
        world.Store.IsGone = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => world.AskAsync(WishKind.Pause));
    }

    [Fact]
    public async Task A_wish_that_nobody_answers_in_time_stays_recorded()
    {
        using var world = await new World().BegunAsync();
        var answer = world.Wishes.MakeAsync(
            new Wish(0, Keys.Of(World.Service), WishKind.Abort, null, "ann", "", "a test", default), TimeSpan.FromSeconds(1),
            default).AsTask();
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        var outcome = await answer;
        Assert.True(outcome!.Accepted);
        Assert.StartsWith("the abort is recorded, and the rollout is not ended yet", outcome.Warning, StringComparison.Ordinal);
        await world.UntilAsync(w => w.Phase is Phase.Aborted);
    }

    [Fact]
    public async Task A_newer_version_supersedes_before_all_and_queues_after()
    {
        using var world = new World(World.Spec("v1", "v1", "v2"));
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        world.Specs = [World.Spec("v1", "v1", "v2", "v3")];
        world.Loop.SetServices(world.Specs);
        await world.UntilAsync(w => w.Active?.Candidate == "v3");
        Assert.Equal("checkout-default-2", world.Active!.Id);
        Assert.Contains(world.Store.Facts, f => f.What == "supersede");

        await world.UntilAsync(w => w.Active?.Phase is Phase.Baking);
        world.Specs = [World.Spec("v1", "v1", "v2", "v3", "v4")];
        world.Loop.SetServices(world.Specs);
        await world.SettleAsync();
        Assert.Equal("v3", world.Active!.Candidate);
        await world.UntilAsync(w => w.Active?.Candidate == "v4");
        Assert.Equal("v3", world.Store.Find(World.Key)!.LastGood);
    }

    [Fact]
    public async Task A_version_that_was_rolled_back_is_not_brought_back_by_a_publish_during_another_rollout()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        await world.AskAsync(WishKind.Abort);
        await world.UntilAsync(w => w.Phase is Phase.Aborted);
        world.Specs = [World.Spec("v1", "v1", "v2", "v3")];
        world.Loop.SetServices(world.Specs);
        await world.UntilAsync(w => w.Active is { Candidate: "v3", Phase: Phase.Observing });

        var outcome = await world.AskAsync(WishKind.Publish, "v2");
        Assert.False(outcome!.Accepted);
        Assert.Contains("v2 was rolled back", outcome.Answer, StringComparison.Ordinal);
        Assert.Null(world.Store.Find(World.Key)!.Queued);
    }

    [Fact]
    public async Task An_edited_plan_never_moves_the_rollout_that_is_under_way()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        var spec = World.Spec();
        world.Specs = [spec with { Plan = spec.Plan with { Steps = [spec.Plan.Steps[1], spec.Plan.Steps[1]] } }];
        world.Loop.SetServices(world.Specs);
        await world.SettleAsync();
        Assert.Equal(1000, world.Router.Find(World.Service)!.Exposure.General.Candidate);
        world.Restart();
        await world.SettleAsync();
        Assert.Equal(1000, world.Router.Find(World.Service)!.Exposure.General.Candidate);
    }
}
