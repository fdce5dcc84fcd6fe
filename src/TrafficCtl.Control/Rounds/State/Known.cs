using System.Collections.Immutable;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Rounds.State;

/// <summary>What is known of the store's word on one target.</summary>
internal sealed record Known
{
    /// <summary>Nothing was read yet.</summary>
    public static readonly Known Nothing = new();

    /// <summary>As it is in the store; null before the first load and before birth.</summary>
    public ServiceRecord? Record { get; init; }

    /// <summary>The active rollout, else the newest that ended; null before the first.</summary>
    public RolloutState? Newest { get; init; }

    /// <summary>Recorded and not answered, oldest first.</summary>
    public ImmutableArray<Wish> Wishes { get; init; } = [];

    /// <summary>The store may hold something newer than <see cref="Record"/>; nothing is decided before it was read.</summary>
    public bool MustLoad { get; init; } = true;

    /// <summary>A wish may have been recorded since <see cref="Wishes"/> were read.</summary>
    public bool MustAsk { get; init; } = true;

    /// <summary>What was handed to the store and neither acknowledged nor refused; null when nothing was.</summary>
    public Proposal? InDoubt { get; init; }

    /// <summary>Why the record could not be read when it was last tried; null when it could.</summary>
    public string? Trouble { get; init; }

    /// <summary>What became of the state, for as long as nobody has decided what is to come next; null when it is not lost.</summary>
    public string? StateLost { get; init; }

    /// <summary>What a restart lost of the evidence, shown until the rollout ends; null when nothing.</summary>
    public string? LostWords { get; init; }
}
