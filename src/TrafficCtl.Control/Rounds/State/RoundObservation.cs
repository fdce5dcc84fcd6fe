using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Control.Rounds.State;

/// <summary>What one round observed of one target.</summary>
/// <param name="State">The target's state, updated with what was read in this round.</param>
internal readonly record struct RoundObservation(TargetState State)
{
    /// <summary>The time of the round, by the wall clock and by the rollout's elapsed time.</summary>
    public Moment Now { get; init; }

    /// <summary>The router's status; null when it did not answer, or does not know the target.</summary>
    public RouterStatus? Router { get; init; }

    /// <summary>The answers of the service's gates; empty without an active rollout.</summary>
    public ImmutableArray<GateView> Gates { get; init; } = [];

    /// <summary>What stable's traffic would be grouped by; null where the rollout has its groups, or paths are not measured.</summary>
    public PathGroups? Paths { get; init; }

    /// <summary>Everything that a decision needs was read.</summary>
    public bool MayDecide { get; init; }

    /// <summary>An abort that the router is already carrying out but the store does not know; null without one.</summary>
    public Wish? UnrecordedAbort { get; init; }

    /// <summary>A proposal of an earlier round whose save was in doubt turned out to be saved.</summary>
    public bool IsConfirmed { get; init; }
}
