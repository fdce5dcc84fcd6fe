using System.Collections.Frozen;
using System.Collections.Immutable;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Routing;

namespace TrafficCtl.Proxy.Health;

/// <summary>What probes found of every version's endpoints.</summary>
internal sealed class HealthBook(TimeProvider clock) : IArmHealthSource
{
    private FrozenDictionary<(TargetKey Key, string Version), VersionHealth> versions =
        FrozenDictionary<(TargetKey, string), VersionHealth>.Empty;

    public ArmHealth HealthOf(TargetKey key, string version) => Find(key, version)?.Read() ?? default;

    public VersionHealth? Find(TargetKey key, string version) => Volatile.Read(ref versions).GetValueOrDefault((key, version));

    /// <summary>
    /// Follows these services; endpoints that stay keep what is known of them, new ones are not live before a good probe.
    /// </summary>
    public void Track(ImmutableArray<ServiceSpec> specs)
    {
        var held = Volatile.Read(ref versions);
        var next = new Dictionary<(TargetKey, string), VersionHealth>();
        foreach (var spec in specs)
        {
            foreach (var version in spec.Versions)
            {
                var known = held.GetValueOrDefault((spec.Key, version.Version)) ?? new VersionHealth(clock);
                known.Track(version.Endpoints);
                next[(spec.Key, version.Version)] = known;
            }
        }

        Volatile.Write(ref versions, next.ToFrozenDictionary());
    }
}
