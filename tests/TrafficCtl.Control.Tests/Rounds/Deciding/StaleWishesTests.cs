using System.Collections.Immutable;
using TrafficCtl.Control.Rounds.Deciding;
using TrafficCtl.Core.Rollouts;
using Xunit;

namespace TrafficCtl.Control.Tests.Rounds.Deciding;

/// <summary>Wishes of people who saw another generation are refused before the engine is asked.</summary>
public sealed class StaleWishesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 2, 9, 0, 0, TimeSpan.Zero);

    private static readonly RolloutState Active = new(
        "checkout-default-1", "checkout", "default", 1, "v1", "v2", 4, Now, Now, new Phase.Observing(0, Now, Now))
    { Plan = World.Spec().Plan };

    private static readonly ImmutableArray<WishOutcome> Stale = [new(Of(7, 3), false, "generation 3 was expected") { IsStale = true }];

    [Fact]
    public void Wishes_of_this_generation_and_of_any_are_asked_in_their_order_and_others_are_refused()
    {
        var (fresh, stale) = StaleWishes.Split([Of(1, null), Of(2, 3), Of(3, 4), Of(4, 5)], 4);
        Assert.Equal([1L, 3L], fresh.Select(w => w.Id));
        Assert.Equal([(2L, false, true), (4L, false, true)], stale.Select(o => (o.Wish.Id, o.Accepted, o.IsStale)));
        Assert.Equal("generation 3 was expected and 4 is in force: look at what has changed, and ask again", stale[0].Answer);
    }

    [Fact]
    public void Where_all_are_fresh_nothing_is_refused()
    {
        ImmutableArray<Wish> wishes = [Of(1, null), Of(2, 4)];
        var (fresh, stale) = StaleWishes.Split(wishes, 4);
        Assert.Equal(wishes, fresh);
        Assert.Empty(stale);
    }

    [Fact]
    public void A_decision_that_changes_something_keeps_its_words_and_answers_them_beside_its_own()
    {
        var own = new WishOutcome(Of(8, 4), true, "paused");
        var decision = new Decision(Active with { Phase = new Phase.Observing(1, Now, Now) }, "advance", "shown to be good", [own]);
        var added = StaleWishes.Add(decision, Active, Stale);
        Assert.Equal(("advance", "shown to be good"), (added.Kind, added.Reason));
        Assert.Equal([own, Stale[0]], added.Wishes);
        Assert.Same(decision, StaleWishes.Add(decision, Active, []));
    }

    [Fact]
    public void A_decision_to_hold_becomes_the_refusal()
    {
        var added = StaleWishes.Add(new Decision(Active, "hold", "it dwells", []), Active, Stale);
        Assert.Equal("refuse", added.Kind);
        Assert.EndsWith("is refused: generation 3 was expected", added.Reason, StringComparison.Ordinal);
        Assert.Equal(Stale, added.Wishes);
        Assert.Same(Active, added.Next);
    }

    private static Wish Of(long id, long? expected) =>
        new(id, World.Key, WishKind.Pause, null, "ann", "", "a test", Now) { ExpectedGeneration = expected };
}
