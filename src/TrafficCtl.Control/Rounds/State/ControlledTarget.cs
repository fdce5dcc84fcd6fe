using TrafficCtl.Control.Rounds.Measuring;
using TrafficCtl.Control.Timing;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Rounds.State;

/// <summary>One target under control. Owned by the control loop: nothing else may call <see cref="Take"/>.</summary>
/// <param name="declared">The target's configuration.</param>
/// <param name="slot">
/// The target's number: 0, 1, 2, … Work that every target does every few seconds is spread over those seconds by it.
/// </param>
/// <param name="checkpointAt">When its evidence is due to be saved for the first time, by the monotonic clock.</param>
internal sealed class ControlledTarget(Declaration declared, int slot, TimeSpan checkpointAt)
{
    public TargetKey Key { get; } = declared.Spec.Key;

    public int Slot => slot;

    /// <summary>Replaced whole, see <see cref="Take"/>.</summary>
    public TargetState State { get; private set; } = new(declared);

    /// <summary>The counters and the evidence: buffers that are reused, because they are too large to allocate in each round.</summary>
    public Observation Observation { get; } = new(checkpointAt);

    /// <summary>The elapsed time of the active rollout, and whether the wall clock was set since the last round.</summary>
    public RolloutClock Clock { get; } = new();

    public void Take(TargetState next) => State = next;
}
