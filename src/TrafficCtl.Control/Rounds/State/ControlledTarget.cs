using TrafficCtl.Control.Rounds.Measuring;
using TrafficCtl.Control.Timing;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Rounds.State;

/// <summary>One target under control. Owned by the loop, which alone takes over what the stages of a round return.</summary>
/// <param name="declared">What the file says of it.</param>
/// <param name="slot">Spreads what all targets do every few seconds over those seconds: 0 for the first target, then 1, 2, …</param>
/// <param name="checkpointAt">When its evidence is first to be saved, by the monotonic clock.</param>
internal sealed class ControlledTarget(Declaration declared, int slot, TimeSpan checkpointAt)
{
    public TargetKey Key { get; } = declared.Spec.Key;

    public int Slot => slot;

    /// <summary>Replaced whole, see <see cref="Take"/>.</summary>
    public TargetState State { get; private set; } = new(declared);

    /// <summary>The counters and the evidence: buffers that are too large to be made anew each round.</summary>
    public Observation Observation { get; } = new(checkpointAt);

    /// <summary>The elapsed time of the active rollout, and what became of the time of day since the last round.</summary>
    public RolloutClock Clock { get; } = new();

    public void Take(TargetState next) => State = next;
}
