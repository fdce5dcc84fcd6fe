using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Promoting.State;

/// <summary>What is held of one target between rounds. All of it can be had again from the store, the loop and the runtime.</summary>
/// <param name="Target">As it is declared now.</param>
internal sealed record TargetMemory(PipelineTarget Target)
{
    public TargetKey Key => Target.Key;

    public RolloutMemory Rollout { get; init; } = RolloutMemory.Unknown;

    public RuntimeMemory Runtime { get; init; } = RuntimeMemory.Unknown;

    /// <summary>As it was declared to the loop last; null while nothing can be.</summary>
    public ServiceSpec? Declared { get; init; }

    /// <summary>The wish that was made last; null for none that matters now.</summary>
    public WishMemory? Wish { get; init; }

    /// <summary>The bundle that is being brought up, and since when by the monotonic clock; null where none is.</summary>
    public BringingUp? BringingUp { get; init; }

    /// <summary>Up to where requests at 100 % are recorded; null where they are not counted.</summary>
    public ServedMark? Served { get; init; }

    /// <summary>Attempts to bring a difference back, by its fingerprint.</summary>
    public ImmutableDictionary<string, DriftMemory> Drift { get; init; } = ImmutableDictionary<string, DriftMemory>.Empty;

    public BehindMemory? Behind { get; init; }
}

/// <summary>What the loop, or at first the store, says of the rollouts of a target.</summary>
/// <param name="IsKnown">The store was read.</param>
/// <param name="Record">Null where the store has never seen the target.</param>
/// <param name="Newest">The active rollout, else the newest that ended; null before the first, and where that is not known.</param>
internal sealed record RolloutMemory(bool IsKnown, ServiceRecord? Record, RolloutState? Newest)
{
    public static readonly RolloutMemory Unknown = new(false, null, null);

    /// <summary>The loop said it: <see cref="Newest"/> is the newest that there is. Before, the store gave the record alone.</summary>
    public bool IsOfLoop { get; init; }

    /// <summary>What the router does; null where it has not said.</summary>
    public RouterStatus? Router { get; init; }
}

/// <summary>What the runtime says of a target.</summary>
/// <param name="Status">As it was seen last; null before.</param>
/// <param name="Trouble">Why it cannot be seen now; null when it can.</param>
/// <param name="GoneSince">Since when, by the monotonic clock.</param>
internal sealed record RuntimeMemory(RuntimeStatus? Status, string? Trouble = null, TimeSpan? GoneSince = null)
{
    public static readonly RuntimeMemory Unknown = new((RuntimeStatus?)null);

    public SlotStatus? Find(string slot) => Status?.Find(slot);
}

/// <param name="Wish">With its idempotency key.</param>
/// <param name="SentAt">By the monotonic clock.</param>
/// <param name="Attempt">From 1; a refused one is made anew under another key.</param>
/// <param name="Refusal">Why it did not take effect; null while that is not known.</param>
internal sealed record WishMemory(Wish Wish, TimeSpan SentAt, int Attempt = 1, string? Refusal = null);

internal sealed record BringingUp(string Bundle, TimeSpan Since);

/// <param name="Counter">Names the counter that <paramref name="Requests"/> is of.</param>
internal sealed record ServedMark(string Counter, long Requests, TimeSpan At);

internal sealed record DriftMemory(int Attempts, TimeSpan LastAt);

internal sealed record BehindMemory(string? Desired, string? Observed, DateTimeOffset Since);
