using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Control.Rounds.Troubles;
using TrafficCtl.Control.Targets;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Rounds.Applying;

/// <summary>
/// Applies the route that the store holds to the target's router. It does so in every round, even when nothing changed, so that a
/// crash between save and apply is repaired by the next round.
/// </summary>
internal sealed partial class Applier(TargetDrivers drivers, RouterFaults faults, ControlMetrics counts, ILogger<Applier> log)
{
    /// <returns>The state, updated with the router's answer.</returns>
    public async ValueTask<TargetState> ApplyAsync(TargetKey key, TargetState state, CancellationToken stop)
    {
        if (state.Known.Record is not { } record) return state;
        var routed = Wanting(record, state.Routed);
        try
        {
            var router = drivers.Of(key).Router;
            if (routed.MustSettle)
            {
                router.Settle(key);
                routed = routed with { MustSettle = false, IsPausedForDrift = false };
            }

            var outcome = await router.ApplyAsync(routed.Wanted!.Route, stop);
            if (outcome == ApplyOutcome.Stale) return Ahead(key, state, routed);
            routed = Taken(routed);
            if (routed.AnsweredAbort is { } abort)
            {
                // Release the abort only after this route is in force: until then the abort alone keeps the candidate at 0.
                await router.AnsweredAsync(abort, stop);
                routed = routed with { AnsweredAbort = null };
            }
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            routed = routed with { ApplyTrouble = faults.Add(key, routed.ApplyTrouble, fault) };
        }

        return state.With(routed);
    }

    private static Routed Wanting(ServiceRecord record, Routed routed)
    {
        var wanted = WantedRoute.For(record, routed.Wanted);
        return ReferenceEquals(wanted, routed.Wanted) ? routed : routed with { Wanted = wanted };
    }

    private static Routed Taken(Routed routed)
    {
        var route = routed.Wanted!.Route;
        return ReferenceEquals(routed.Applied, route) && routed is { IsAhead: false, ApplyTrouble: null }
            ? routed
            : routed with { Applied = route, IsAhead = false, ApplyTrouble = null };
    }

    /// <summary>
    /// The router refused the route as stale: another process wrote a newer one, or the store was restored from a backup. The record is
    /// loaded again before the next decision.
    /// </summary>
    private TargetState Ahead(TargetKey key, TargetState state, Routed routed)
    {
        counts.RefusedAsStale();
        if (!routed.IsAhead) RouterAhead(log, key.Name, routed.Wanted!.Route.Generation);
        return state with
        {
            Routed = routed with { Applied = null, IsAhead = true, ApplyTrouble = null },
            Known = state.Known with { MustLoad = true },
        };
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The router of {Service} holds something newer than generation {Generation}; the store is read again")]
    private static partial void RouterAhead(ILogger log, string service, long generation);
}
