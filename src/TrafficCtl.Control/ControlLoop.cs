using System.Collections.Immutable;
using TrafficCtl.Core.Delivery;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Control;

/// <summary>What outlived a lost store: the router's last snapshot.</summary>
/// <param name="Routes">The last routes in force; empty when they are gone too.</param>
/// <param name="StoreLost">Why the store began anew (a corrupt file that was moved aside); null when nothing is known to be lost.</param>
public sealed record LastKnown(ImmutableArray<ServiceRoute> Routes, string? StoreLost = null)
{
    public static readonly LastKnown Nothing = new([]);
}

/// <summary>Drives every service: a round each second, and at once for a service that is woken.</summary>
public sealed class ControlLoop
{
    /// <summary>Rounds until stopped. Leaves the routes as they are.</summary>
    public Task RunAsync(CancellationToken stop) => throw new NotSupportedException("shell");

    /// <summary>The services of the file, at start and at reload. What is no longer named is forgotten here, never in the store.</summary>
    /// <param name="services">All of them.</param>
    /// <param name="last">Only asked for a service that the store has never seen: it is then born from its last route, and the fact <c>state-lost</c> says so.</param>
    public void SetServices(ImmutableArray<ServiceSpec> services, LastKnown? last = null) => throw new NotSupportedException("shell");

    /// <summary>A round for this service at once; many wakes before it make one round.</summary>
    public void Wake(ServiceKey key) => throw new NotSupportedException("shell");
}
