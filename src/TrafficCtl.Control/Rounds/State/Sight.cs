using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Rounds.State;

/// <summary>What one round sees of one target.</summary>
/// <param name="State">The target's, with what was read in this round.</param>
internal readonly record struct Sight(TargetState State)
{
    /// <summary>This instant, by the time of day and by the rollout's elapsed time.</summary>
    public Moment Now { get; init; }

    /// <summary>What the router said; null when it gave no answer, or does not know the target.</summary>
    public RouterStatus? Router { get; init; }

    /// <summary>What the gates of the service say; none without an active rollout.</summary>
    public ImmutableArray<GateView> Gates { get; init; } = [];

    /// <summary>All was read that a decision is made from.</summary>
    public bool MayDecide { get; init; }

    /// <summary>An abort that the router carries out already and the store does not know; null without one.</summary>
    public Wish? UnrecordedAbort { get; init; }

    /// <summary>What was handed to the store in an earlier round turned out to be saved.</summary>
    public bool IsConfirmed { get; init; }
}
