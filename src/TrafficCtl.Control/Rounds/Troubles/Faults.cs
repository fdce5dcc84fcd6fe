using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Control.Telemetry;

namespace TrafficCtl.Control.Rounds.Troubles;

/// <summary>Faults inside a target's round: counted and logged, and the target is retried later and later. The others go on.</summary>
internal sealed partial class Faults(StoreAccess access, ControlMetrics counts, ILogger<Faults> log)
{
    /// <returns>The state with the fault in it.</returns>
    public TargetState Add(TargetState state, Exception fault)
    {
        state = state with { Health = state.Health.After(fault) };
        counts.Faulted();
        // What the store cannot do is logged where it is met, in words that a trace adds nothing to.
        if (fault is not StoreUnavailableException)
            RoundFailed(log, state.Known.Newest?.Id ?? state.Declared.Spec.Key.Name, state.Health.Faults, fault);
        return state;
    }

    /// <summary>The store cannot be used: for all targets, or for this one alone, which then counts as its fault.</summary>
    public TargetState Unavailable(TargetState state, StoreUnavailableException fault)
    {
        access.Failed(fault);
        return fault.Only is null ? state : Add(state, fault);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Rollout}: the round failed ({Times} times); it is retried")]
    private static partial void RoundFailed(ILogger log, string rollout, int times, Exception fault);
}
