using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Control.Rounds.Troubles;
using TrafficCtl.Control.Targets;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Rounds.Observing;

/// <summary>Reads the status of a target's router.</summary>
internal sealed partial class RouterReader(TargetDrivers drivers, RouterFaults faults, ControlMetrics counts, ILogger<RouterReader> log)
{
    /// <returns>The state, updated with the router's trouble; and the router's status, null when it did not answer.</returns>
    public async ValueTask<(TargetState State, RouterStatus? Status)> ReadAsync(TargetKey key, TargetState state, CancellationToken stop)
    {
        RouterStatus? status = null;
        var (routed, trouble) = (state.Routed, default(string));
        try
        {
            var router = drivers.Of(key).Router;
            status = await router.ObserveAsync(key, stop);
            if (status is null && state.Known is { Record: null, Trouble: not null }) status = await router.RecallAsync(key, stop);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            trouble = faults.Add(key, routed.ObserveTrouble, fault);
        }

        if (trouble != routed.ObserveTrouble) routed = routed with { ObserveTrouble = trouble };
        Compare(key, routed, status);
        return (state.With(routed), status);
    }

    /// <summary>Counts a router whose route differs from the one that was last applied.</summary>
    private void Compare(TargetKey key, Routed routed, RouterStatus? status)
    {
        // After a failed call the router still has the previous route: that is a fault, not an external change.
        if (routed.ApplyTrouble is not null || routed.Applied is not { } applied || status is not { } found) return;
        if (found.Route.Generation > applied.Generation || found.Route == applied || found.Pending == applied) return;
        counts.Drifted();
        Drifted(log, key.Name, applied.Generation, found.Route.Generation);
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Service} drifted: generation {Applied} was applied, the router has {Found}; it is applied again")]
    private static partial void Drifted(ILogger log, string service, long applied, long found);
}
