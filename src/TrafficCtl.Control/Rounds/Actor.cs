using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Targets;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Rounds;

/// <summary>The router's side of a round: asks what it does, and tells it what the store says, always, also when nothing changed.</summary>
internal sealed partial class Actor(TargetDrivers drivers, ControlMetrics counts, ILogger<Actor> log)
{
    public async ValueTask ObserveAsync(Track track, CancellationToken stop)
    {
        track.Router = null;
        try
        {
            track.Router = await RouterOf(track).ObserveAsync(track.Key, stop);
            if (track is { Router: null, Record: null, LoadTrouble: not null }) track.Router = await RouterOf(track).RecallAsync(track.Key, stop);
            track.ObserveTrouble = null;
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            track.ObserveTrouble = Failed(track, track.ObserveTrouble, fault);
        }

        // A router that could not be told says what it had before: that is trouble, and nobody else's hand.
        if (track.ApplyTrouble is not null || track.Applied is not { } applied || track.Router is not { } found) return;
        if (found.Route.Generation > applied.Generation || found.Route == applied || found.Pending == applied) return;
        counts.Drifted();
        Drifted(log, track.Key.Name, applied.Generation, found.Route.Generation);
    }

    /// <summary>Puts the saved state in force. A crash between save and act is healed by the next round.</summary>
    public async ValueTask ApplyAsync(Track track, CancellationToken stop)
    {
        if (track.Record is not { } record) return;
        var route = RouteOf(track, record);
        try
        {
            var router = RouterOf(track);
            if (track.MustSettle)
            {
                router.Settle(track.Key);
                (track.MustSettle, track.IsPausedForDrift) = (false, false);
            }

            var outcome = await router.ApplyAsync(route, stop);
            track.ApplyTrouble = null;
            if (outcome == ApplyOutcome.Applied)
            {
                (track.Applied, track.IsRouterAhead) = (route, false);
                if (track.AnsweredAbort is not { } abort) return;
                // Only now: before this route was in force, the abort alone kept the candidate at 0.
                await router.AnsweredAsync(abort, stop);
                track.AnsweredAbort = null;
                return;
            }

            // Another writer is ahead of us, or the store was set back: what it holds now tells.
            counts.RefusedAsStale();
            if (!track.IsRouterAhead) Ahead(log, track.Key.Name, route.Generation);
            (track.IsRouterAhead, track.MustLoad, track.Applied) = (true, true, null);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            track.ApplyTrouble = Failed(track, track.ApplyTrouble, fault);
        }
    }

    private ITrafficRouter RouterOf(Track track) => drivers.Of(track.Key).Router;

    private static ServiceRoute RouteOf(Track track, ServiceRecord record)
    {
        if (track.Wanted is { } wanted && ReferenceEquals(wanted.Of, record)) return wanted.Route;
        var route = record.Active is { } active
            ? Exposures.RouteFor(active)
            : ServiceRoute.Idle(record.Key, record.Generation, record.LastGood);
        track.Wanted = (record, route);
        return route;
    }

    /// <summary>Told once for as long as it says the same.</summary>
    private string Failed(Track track, string? before, Exception fault)
    {
        counts.RouterFailed();
        if (before != fault.Message) RouterFailed(log, track.Key.Name, fault);
        return fault.Message;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The router of {Service} cannot be used; the last applied split stays and it is tried again")]
    private static partial void RouterFailed(ILogger log, string service, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Service} drifted: generation {Applied} was applied, the router has {Found}; it is applied again")]
    private static partial void Drifted(ILogger log, string service, long applied, long found);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The router of {Service} holds something newer than generation {Generation}; the store is read again")]
    private static partial void Ahead(ILogger log, string service, long generation);
}
