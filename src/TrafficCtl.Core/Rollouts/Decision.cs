using System.Collections.Immutable;

namespace TrafficCtl.Core.Rollouts;

/// <summary>What became of a wish.</summary>
public sealed record WishOutcome(Wish Wish, bool Accepted, string Answer)
{
    /// <summary>What the asker has to know beside the answer, such as that it is not recorded yet; null when there is nothing.</summary>
    public string? Warning { get; init; }

    /// <summary>Refused because the record has moved on from the generation that the asker saw.</summary>
    public bool IsStale { get; init; }

    /// <summary>Refused because something else was asked under the same idempotency key before; nothing is recorded of it.</summary>
    public bool IsOfUsedKey { get; init; }
}

/// <summary>What the engine chose, and why, in words with the numbers that decided it.</summary>
/// <param name="Next">The next state; the same object when nothing changes.</param>
/// <param name="Kind">
/// One word for metrics and facts: <c>hold</c>, <c>advance</c>, <c>promote</c>, <c>pause</c>, <c>resume</c>, <c>rollback</c>,
/// <c>rolled-back</c>, <c>supersede</c>, <c>abort</c>, <c>good</c>, <c>start</c>, <c>observe</c>, <c>wait</c>, <c>refuse</c>,
/// <c>approve</c>, <c>reject</c>.
/// </param>
/// <param name="Reason">Shown by <c>why</c>.</param>
/// <param name="Wishes">Wishes that this decision answers; each exactly once.</param>
public sealed record Decision(RolloutState Next, string Kind, string Reason, ImmutableArray<WishOutcome> Wishes)
{
    /// <summary>
    /// The version of a publish that was accepted while this rollout is active: kept in the record until it starts; null when there is
    /// none.
    /// </summary>
    public string? Queues { get; init; }

    /// <summary>Worth a place in the journal: the state changed or a wish was answered.</summary>
    public bool Changes(RolloutState from) => !ReferenceEquals(Next, from) || !Wishes.IsEmpty;
}
