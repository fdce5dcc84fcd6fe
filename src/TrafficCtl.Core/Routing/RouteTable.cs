using System.Collections.Frozen;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Core.Routing;

/// <summary>All routes of a proxy at one instant: immutable, replaced whole, read once per request.</summary>
public sealed class RouteTable
{
    public static readonly RouteTable Empty = new(0, FrozenDictionary<TargetKey, ServiceRoute>.Empty);

    private RouteTable(long generation, FrozenDictionary<TargetKey, ServiceRoute> targets)
    {
        Generation = generation;
        Targets = targets;
    }

    /// <summary>Counts the replacements of this table since the process started.</summary>
    public long Generation { get; }

    public FrozenDictionary<TargetKey, ServiceRoute> Targets { get; }

    /// <summary>
    /// The table with one route replaced; the same table when <paramref name="route"/> is older than what it holds or equal to it.
    /// </summary>
    public RouteTable With(ServiceRoute route)
    {
        if (Targets.TryGetValue(route.Key, out var held) && (route.Generation < held.Generation || route == held)) return this;
        var next = Targets.ToDictionary();
        next[route.Key] = route;
        return new RouteTable(Generation + 1, next.ToFrozenDictionary());
    }

    /// <summary>The table without a target that the configuration no longer names.</summary>
    public RouteTable Without(TargetKey key)
    {
        if (!Targets.ContainsKey(key)) return this;
        var next = Targets.ToDictionary();
        next.Remove(key);
        return new RouteTable(Generation + 1, next.ToFrozenDictionary());
    }
}
