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
/// Tells a target's router what the store holds, always, also when nothing changed: a crash between save and act heals itself.
/// </summary>
internal sealed partial class Applier(TargetDrivers drivers, RouterFaults faults, ControlMetrics counts, ILogger<Applier> log)
{
    /// <returns>The state with what the router answered.</returns>
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
                // Only now: before this route was in force, the abort alone kept the candidate at 0.
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

    /// <summary>Another writer is ahead of us, or the store was set back: what it holds now tells.</summary>
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
