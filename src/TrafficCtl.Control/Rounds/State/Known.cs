using System.Collections.Immutable;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Rounds.State;

/// <summary>What this process has read from the store about one target.</summary>
internal sealed record Known
{
    /// <summary>Nothing was read yet.</summary>
    public static readonly Known Nothing = new();

    /// <summary>The record in the store; null before the first load, and when the store has none yet.</summary>
    public ServiceRecord? Record { get; init; }

    /// <summary>The active rollout, otherwise the last one that ended; null before the first rollout.</summary>
    public RolloutState? Newest { get; init; }

    /// <summary>Wishes that are recorded and not answered yet, oldest first.</summary>
    public ImmutableArray<Wish> Wishes { get; init; } = [];

    /// <summary>The store may hold something newer than <see cref="Record"/>; no decision is made until it is loaded.</summary>
    public bool MustLoad { get; init; } = true;

    /// <summary>A wish may have been recorded since <see cref="Wishes"/> were read.</summary>
    public bool MustAsk { get; init; } = true;

    /// <summary>A proposal that the store has neither confirmed nor refused; null when there is none.</summary>
    public Proposal? InDoubt { get; init; }

    /// <summary>Why the last read of the record failed; null when it succeeded.</summary>
    public string? Trouble { get; init; }

    /// <summary>
    /// How the record was lost, until the loss is answered (<see cref="Journaling.LostState"/>); null when it was not lost.
    /// </summary>
    public string? StateLost { get; init; }

    /// <summary>How much evidence a restart lost, shown until the rollout ends; null when none was lost.</summary>
    public string? LostWords { get; init; }
}
