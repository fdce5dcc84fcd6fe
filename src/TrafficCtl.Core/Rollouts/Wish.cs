using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Core.Rollouts;

public enum WishKind
{
    Publish,
    Pause,
    Resume,
    Promote,
    PromoteFull,
    Abort,
    Retry,

    /// <summary>A gate of the active rollout asks for it (<see cref="Rollouts.Wish.Vote"/>).</summary>
    Approve,

    /// <summary>The opposite: the gate fails.</summary>
    Reject,
}

/// <summary>What a person or API asked for: recorded first, handled once by the engine.</summary>
/// <param name="Id">Assigned by the store, rising.</param>
/// <param name="Key">The target that it is about.</param>
/// <param name="Version">The version to publish; null for every other wish.</param>
/// <param name="Who">The asker.</param>
/// <param name="Reason">The asker's words; may be empty.</param>
/// <param name="From">Where it was asked from.</param>
public sealed record Wish(
    long Id, TargetKey Key, WishKind Kind, string? Version, string Who, string Reason, string From, DateTimeOffset At)
{
    /// <summary>
    /// What the asker calls this asking, so that it is answered once however often it is sent; null when it has no name.
    /// </summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The generation of the record that the asker saw: with any other the wish is refused. Null for whatever it is.</summary>
    public long? ExpectedGeneration { get; init; }

    /// <summary>What an approval or a rejection is about, and by what right it is made; null of other wishes.</summary>
    public Vote? Vote { get; init; }

    /// <summary>
    /// The same asking, whatever id a store gave it: one that was asked before it could be recorded is known again by that.
    /// </summary>
    public bool IsSameAs(Wish other) =>
        Kind == other.Kind && At == other.At && Key == other.Key && Who == other.Who && From == other.From && Version == other.Version;
}
