using System.Collections.Immutable;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Proxy.Snapshots;

/// <summary>The last route of every target, also of those the present configuration does not name.</summary>
internal sealed class KnownRoutes
{
    private readonly Lock gate = new();
    private ImmutableSortedDictionary<TargetKey, LastRoute> routes;
    private long version;

    public KnownRoutes(IEnumerable<LastRoute> saved) =>
        routes = saved.ToImmutableSortedDictionary(r => r.Route.Key, r => r);

    public ImmutableSortedDictionary<TargetKey, LastRoute> Routes
    {
        get
        {
            lock (gate) return routes;
        }
    }

    /// <summary>The routes and how often they changed.</summary>
    public (ImmutableSortedDictionary<TargetKey, LastRoute> Routes, long Version) Read()
    {
        lock (gate) return (routes, version);
    }

    /// <summary>Names the environments of routes that were saved before routes had one, as far as these specifications tell.</summary>
    public void Adopt(ImmutableArray<ServiceSpec> specs)
    {
        lock (gate)
        {
            foreach (var (unnamed, last) in routes.Where(r => FormerKeys.IsOne(r.Key)).ToArray())
            {
                if (FormerKeys.Resolve(unnamed, last.Route.RolloutId, specs) is not { } key) continue;
                routes = routes.Remove(unnamed);
                if (!routes.ContainsKey(key)) routes = routes.SetItem(key, last with { Route = last.Route with { Key = key } });
                version++;
            }
        }
    }

    /// <param name="route">In force now.</param>
    /// <param name="spec">Where its stable version is; the last known place is kept when this does not say.</param>
    public void Set(ServiceRoute route, ServiceSpec spec)
    {
        lock (gate)
        {
            var held = routes.GetValueOrDefault(route.Key);
            if (held is not null && held.Route.Generation > route.Generation) return;
            var endpoints = spec.FindVersion(route.Stable)?.Endpoints ?? (held?.Route.Stable == route.Stable ? held.StableEndpoints : []);
            if (held is not null && held.Route == route && held.StableEndpoints.SequenceEqual(endpoints)) return;
            routes = routes.SetItem(route.Key, new LastRoute(route, endpoints));
            version++;
        }
    }

    /// <summary>Follows a changed configuration: the stable version of a known route may have moved.</summary>
    public void Follow(ServiceSpec spec)
    {
        lock (gate)
            if (routes.TryGetValue(spec.Key, out var held)) Set(held.Route, spec);
    }

    /// <summary>The specification, with the version that served last where it lists that no longer and its endpoints are known.</summary>
    public ServiceSpec Retain(ServiceSpec spec)
    {
        lock (gate)
            return routes.GetValueOrDefault(spec.Key) is { StableEndpoints.IsEmpty: false } last
                && spec.FindVersion(last.Route.Stable) is null
                ? spec with
                {
                    Versions =
                    [new VersionSpec(last.Route.Stable, last.StableEndpoints) { IsRetained = true }, .. spec.Versions]
                }
                : spec;
    }

    /// <summary>What a target begins with: its last known route, else its birth stable under a generation below every decision's.</summary>
    public ServiceRoute RouteOf(ServiceSpec spec)
    {
        lock (gate) return routes.GetValueOrDefault(spec.Key)?.Route ?? ServiceRoute.Idle(spec.Key, -1, spec.Stable);
    }
}
