using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Control.Ports;

/// <summary>Moves traffic. Routes are absolute and stamped; applying one twice is harmless.</summary>
public interface ITrafficRouter
{
    /// <summary>Puts the route in force unless the router holds a newer generation of the service.</summary>
    ValueTask<ApplyOutcome> ApplyAsync(ServiceRoute route, CancellationToken stop);

    /// <summary>What the router does now; null when it does not know the service.</summary>
    ValueTask<RouterStatus?> ObserveAsync(string service, CancellationToken stop);
}

public enum ApplyOutcome
{
    Applied,

    /// <summary>The router holds a newer generation, or does not serve the service; nothing changed.</summary>
    Stale,
}

/// <param name="Route">The asked route in force.</param>
/// <param name="EffectiveExposure">What is really served: lower than asked while a breaker's latch holds.</param>
/// <param name="Trip">The latch of the present rollout; null when it holds none.</param>
/// <param name="Warning">What the router could not do, for a person; null when all is well. Traffic moves nevertheless.</param>
public sealed record RouterStatus(
    ServiceRoute Route, Exposure EffectiveExposure, ArmHealth Stable, ArmHealth Candidate, BreakerTrip? Trip, string? Warning = null);
