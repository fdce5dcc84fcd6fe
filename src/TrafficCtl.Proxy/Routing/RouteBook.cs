using System.Collections.Immutable;
using TrafficCtl.Core.Delivery;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Proxy.Routing;

/// <summary>The last route of every service, also of those the present configuration does not name.</summary>
internal sealed class RouteBook
{
    private readonly Lock gate = new();
    private ImmutableSortedDictionary<string, ServiceRoute> routes;
    private long version;

    public RouteBook(IEnumerable<ServiceRoute> saved) =>
        routes = saved.ToImmutableSortedDictionary(r => r.Service, r => r, StringComparer.Ordinal);

    public ImmutableSortedDictionary<string, ServiceRoute> Routes
    {
        get
        {
            lock (gate) return routes;
        }
    }

    /// <summary>The routes and how often they changed.</summary>
    public (ImmutableSortedDictionary<string, ServiceRoute> Routes, long Version) Read()
    {
        lock (gate) return (routes, version);
    }

    public void Set(ServiceRoute route)
    {
        lock (gate)
        {
            if (routes.TryGetValue(route.Service, out var held) && (held.Generation > route.Generation || held == route)) return;
            routes = routes.SetItem(route.Service, route);
            version++;
        }
    }

    /// <summary>What a service begins with: its last known route, else its birth stable under a generation below every decision's.</summary>
    public ServiceRoute RouteOf(ServiceSpec spec)
    {
        lock (gate) return routes.GetValueOrDefault(spec.Service) ?? ServiceRoute.Idle(spec.Service, -1, spec.Stable);
    }
}
