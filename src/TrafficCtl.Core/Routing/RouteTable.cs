using System.Collections.Frozen;

namespace TrafficCtl.Core.Routing;

/// <summary>All routes of a proxy at one instant: immutable, replaced whole, read once per request.</summary>
public sealed class RouteTable
{
    public static readonly RouteTable Empty = new(0, FrozenDictionary<string, ServiceRoute>.Empty);

    private RouteTable(long generation, FrozenDictionary<string, ServiceRoute> services)
    {
        Generation = generation;
        Services = services;
    }

    /// <summary>Counts the replacements of this table since the process started.</summary>
    public long Generation { get; }

    public FrozenDictionary<string, ServiceRoute> Services { get; }

    /// <summary>The table with one route replaced; the same table when <paramref name="route"/> is older than what it holds or equal to it.</summary>
    public RouteTable With(ServiceRoute route)
    {
        if (Services.TryGetValue(route.Service, out var held) && (route.Generation < held.Generation || route == held)) return this;
        var next = Services.ToDictionary(StringComparer.Ordinal);
        next[route.Service] = route;
        return new RouteTable(Generation + 1, next.ToFrozenDictionary(StringComparer.Ordinal));
    }

    /// <summary>The table without a service that the configuration no longer names.</summary>
    public RouteTable Without(string service)
    {
        if (!Services.ContainsKey(service)) return this;
        var next = Services.ToDictionary(StringComparer.Ordinal);
        next.Remove(service);
        return new RouteTable(Generation + 1, next.ToFrozenDictionary(StringComparer.Ordinal));
    }
}
