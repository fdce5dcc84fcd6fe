using System.Collections.Immutable;
using System.Globalization;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Rounds.Deciding;

/// <summary>Wishes of people who saw another state than the one that they would change.</summary>
/// <remarks>The answer is saved with the decision, and a decision is saved only over the generation that it was made from.</remarks>
internal static class StaleWishes
{
    /// <summary>What the engine is asked, and what is refused before it.</summary>
    public static (ImmutableArray<Wish> Fresh, ImmutableArray<WishOutcome> Stale) Split(ImmutableArray<Wish> wishes, long generation)
    {
        if (wishes.All(w => IsFresh(w, generation))) return (wishes, []);
        var late = wishes.Where(w => !IsFresh(w, generation));
        return ([.. wishes.Where(w => IsFresh(w, generation))], [.. late.Select(w => Refuse(w, generation))]);
    }

    /// <summary>The decision with those answers beside its own.</summary>
    public static Decision Add(Decision decision, RolloutState active, ImmutableArray<WishOutcome> stale)
    {
        if (stale.IsEmpty) return decision;
        if (decision.Changes(active)) return decision with { Wishes = decision.Wishes.AddRange(stale) };
        return new Decision(active, "refuse", $"{RolloutWords.Asked(stale[0].Wish)} is refused: {stale[0].Answer}", stale);
    }

    private static bool IsFresh(Wish wish, long generation) => wish.ExpectedGeneration is not { } expected || expected == generation;

    private static WishOutcome Refuse(Wish wish, long generation) => new(
        wish, false, string.Create(
            CultureInfo.InvariantCulture,
            $"generation {wish.ExpectedGeneration} was expected and {generation} is in force: look at what has changed, and ask again"))
    {
        IsStale = true,
    };
}
