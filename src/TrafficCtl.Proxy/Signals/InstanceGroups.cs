using System.Collections.Frozen;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Proxy.Signals;

/// <summary>
/// Endpoints of stable in groups of as many as the candidate has: placebo candidates, measured apart for the judge's A/A guard.
/// </summary>
/// <remarks>
/// Made once a rollout. An endpoint that comes later is in none of them, and a group whose endpoints are gone stands still, so
/// that a group is always the same instances.
/// </remarks>
internal sealed class InstanceGroups
{
    private readonly FrozenDictionary<string, int> groups;

    private InstanceGroups(FrozenDictionary<string, int> groups, int count)
    {
        this.groups = groups;
        Count = count;
    }

    /// <summary>1 to <see cref="Tick.MostPlacebos"/>.</summary>
    public int Count { get; }

    /// <summary>Null where a group would be all of stable: there is nothing to hold it against.</summary>
    public static InstanceGroups? Of(VersionSpec? stable, VersionSpec? candidate)
    {
        if (stable is null || candidate is null || candidate.Endpoints.IsEmpty) return null;
        var size = candidate.Endpoints.Select(e => e.AbsoluteUri).Distinct(StringComparer.Ordinal).Count();
        // In one order for ever, however the file lists them.
        var instances = stable.Endpoints
            .Select(e => e.AbsoluteUri)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .ToArray();
        if (instances.Length <= size) return null;
        var count = Math.Min(Tick.MostPlacebos, instances.Length / size);
        return new InstanceGroups(
            instances.Take(count * size).Index().ToFrozenDictionary(i => i.Item, i => i.Index / size, StringComparer.Ordinal), count);
    }

    /// <param name="instance">The endpoint's address, which is the forwarder's name of it too.</param>
    /// <returns>Null for one that is in none.</returns>
    public int? Find(string instance) => groups.TryGetValue(instance, out var group) ? group : null;
}
