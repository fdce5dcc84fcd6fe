using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Proxy.Snapshots;

/// <summary>Who closed a latch.</summary>
internal enum LatchCause
{
    Breaker,

    /// <summary>A person; see <see cref="Latch.Abort"/>.</summary>
    Abort,

    /// <summary>Nobody that is known of: the latches of an earlier process could not be read, or could not have been written.</summary>
    Unknown,
}

/// <summary>The candidate of one target gets nothing, whatever route arrives.</summary>
/// <param name="Key">The target.</param>
/// <param name="RolloutId">
/// The rollout that it is about; <see cref="AnyRollout"/> where none was in force: then the first that arrives.
/// </param>
/// <param name="Generation">The generation of the route in force when it closed; a newer one with another rollout id, or none, opens
/// it.</param>
/// <param name="At">When it closed.</param>
/// <param name="Why">In words, with the numbers that decided it.</param>
internal sealed record Latch(TargetKey Key, string RolloutId, long Generation, DateTimeOffset At, string Why)
{
    public const string AnyRollout = "";

    public LatchCause Cause { get; init; }

    /// <summary>
    /// The abort that it carries out: as it was asked for, so that it can be recorded by a later process too. Null without one.
    /// </summary>
    public Wish? Abort { get; init; }

    /// <summary>The store has answered <see cref="Abort"/>: from then on the routes that it asks for count.</summary>
    public bool IsAnswered { get; init; }

    /// <summary>An abort that the store knows nothing of yet: nothing opens the latch before it does.</summary>
    public bool IsUnanswered => Abort is not null && !IsAnswered;

    /// <summary>Whether the candidate of this route gets nothing.</summary>
    public bool Holds(ServiceRoute route) =>
        route.RolloutId is { } id && (IsUnanswered || RolloutId == id || RolloutId == AnyRollout);

    /// <summary>What is left of it when the control loop puts a route in force; null when nothing is.</summary>
    public Latch? After(ServiceRoute route)
    {
        if (IsUnanswered) return this;
        if (RolloutId == AnyRollout) return route.RolloutId is { } id ? this with { RolloutId = id, Generation = route.Generation } : null;
        return route.RolloutId != RolloutId && route.Generation > Generation ? null : this;
    }

    /// <summary>What is left of it once the store has answered its abort and <paramref name="inForce"/> is what it asks for.</summary>
    public Latch? Answered(ServiceRoute inForce)
    {
        if (inForce.RolloutId is not { } id || (RolloutId != AnyRollout && RolloutId != id)) return null;
        return this with { RolloutId = id, IsAnswered = true };
    }
}
