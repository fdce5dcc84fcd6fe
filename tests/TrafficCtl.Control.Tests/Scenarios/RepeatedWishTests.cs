using TrafficCtl.Core.Rollouts;
using Xunit;

namespace TrafficCtl.Control.Tests.Scenarios;

/// <summary>Wishes that are sent again, and wishes that come too late.</summary>
public sealed class RepeatedWishTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_wish_that_is_sent_again_under_its_key_gets_the_first_answer(bool isAfterRestart)
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        var first = await AskAsync(world, WishKind.Pause, "k1");
        await AskAsync(world, WishKind.Resume, "k2");
        if (isAfterRestart) world.Restart();
        await world.SettleAsync();
        var again = await AskAsync(world, WishKind.Pause, "k1");

        Assert.True(first.Accepted);
        Assert.Equal((first.Wish.Id, first.Accepted, first.Answer), (again.Wish.Id, again.Accepted, again.Answer));
        Assert.Equal(2, world.Store.RecordedWishes);
        Assert.IsNotType<Phase.Paused>(world.Phase);
    }

    [Fact]
    public async Task Wishes_under_one_key_that_come_together_are_one_wish()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        var asking = Enumerable.Range(0, 8)
            .Select(_ => world.Wishes.MakeAsync(Wish(WishKind.Pause, "k1"), TimeSpan.FromSeconds(5), default).AsTask()).ToList();
        await world.SettleAsync();
        var answers = await Task.WhenAll(asking);

        Assert.Single(answers.Select(static a => (a!.Wish.Id, a.Accepted, a.Answer)).Distinct());
        Assert.Equal(1, world.Store.RecordedWishes);
    }

    [Fact]
    public async Task Another_wish_under_a_known_key_is_refused_and_not_recorded()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        await AskAsync(world, WishKind.Pause, "k1");
        var other = await AskAsync(world, WishKind.Resume, "k1");
        var otherReason = await Asking(world, Wish(WishKind.Pause, "k1") with { Reason = "something else" });

        foreach (var refused in (WishOutcome[])[other, otherReason])
            Assert.Equal((true, false, 0L), (refused.IsOfUsedKey, refused.Accepted, refused.Wish.Id));
        Assert.Equal(1, world.Store.RecordedWishes);
        Assert.IsType<Phase.Paused>(world.Phase);
    }

    [Fact]
    public async Task An_abort_that_is_sent_again_does_not_end_the_rollout_after_it()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        var first = await AskAsync(world, WishKind.Abort, "k1");
        await world.UntilAsync(w => w.Phase is Phase.Aborted);
        await AskAsync(world, WishKind.Retry, "k2");
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        var again = await AskAsync(world, WishKind.Abort, "k1");

        Assert.Equal((first.Wish.Id, first.Answer), (again.Wish.Id, again.Answer));
        Assert.IsType<Phase.Observing>(world.Phase);
    }

    [Fact]
    public async Task An_abort_with_a_key_is_carried_out_also_when_the_store_is_gone()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        world.Store.IsGone = true;
        var outcome = await AskAsync(world, WishKind.Abort, "k1");
        Assert.True(outcome.Accepted);
        Assert.False(world.Router.Effective(World.Key).ReachesCandidate);
    }

    [Fact]
    public async Task A_wish_is_refused_when_a_decision_was_saved_since_its_asker_looked()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        var seen = world.Store.Find(World.Key)!.Generation;
        var fresh = await Asking(world, Wish(WishKind.Pause, null) with { ExpectedGeneration = seen });
        var late = await Asking(world, Wish(WishKind.Resume, null) with { ExpectedGeneration = seen });

        Assert.Equal((true, false), (fresh.Accepted, fresh.IsStale));
        Assert.Equal((false, true), (late.Accepted, late.IsStale));
        Assert.StartsWith($"generation {seen} was expected and {seen + 1} is in force", late.Answer, StringComparison.Ordinal);
        Assert.IsType<Phase.Paused>(world.Phase);
        Assert.Contains(world.Store.Facts, static f => f is { Kind: "ordered", What: "resume" });
    }

    [Fact]
    public async Task A_stale_wish_is_refused_where_no_rollout_is_active_too()
    {
        using var world = new World(World.Spec("v1", "v1"));
        await world.SettleAsync();
        var late = await Asking(world, Wish(WishKind.Publish, null) with { Version = "v1", ExpectedGeneration = 99 });
        Assert.Equal((false, true), (late.Accepted, late.IsStale));
        Assert.Contains("generation 99 was expected", late.Answer, StringComparison.Ordinal);
    }

    private static Wish Wish(WishKind kind, string? key) =>
        new(0, World.Key, kind, null, "ann", "because", "a test", default) { IdempotencyKey = key };

    private static Task<WishOutcome> AskAsync(World world, WishKind kind, string key) => Asking(world, Wish(kind, key));

    private static async Task<WishOutcome> Asking(World world, Wish wish)
    {
        var answer = world.Wishes.MakeAsync(wish, TimeSpan.FromSeconds(5), default).AsTask();
        await world.SettleAsync();
        return (await answer)!;
    }
}
