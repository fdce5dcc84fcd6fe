using System.Collections.Frozen;
using System.Collections.Immutable;
using TrafficCtl.Core.Delivery;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Proxy.Routing.Health;

/// <summary>What probes found of every version's endpoints.</summary>
internal sealed class HealthBook(TimeProvider clock) : IArmHealthSource
{
    private FrozenDictionary<(string Service, string Version), VersionHealth> versions =
        FrozenDictionary<(string, string), VersionHealth>.Empty;

    public ArmHealth HealthOf(string service, string version) => Find(service, version)?.Read() ?? default;

    public VersionHealth? Find(string service, string version) => Volatile.Read(ref versions).GetValueOrDefault((service, version));

    /// <summary>Follows these services; endpoints that stay keep what is known of them, new ones are not live before a good probe.</summary>
    public void Track(ImmutableArray<ServiceSpec> specs)
    {
        var held = Volatile.Read(ref versions);
        var next = new Dictionary<(string, string), VersionHealth>();
        foreach (var spec in specs)
        {
            foreach (var version in spec.Versions)
            {
                var known = held.GetValueOrDefault((spec.Service, version.Version)) ?? new VersionHealth(clock);
                known.Track(version.Endpoints);
                next[(spec.Service, version.Version)] = known;
            }
        }

        Volatile.Write(ref versions, next.ToFrozenDictionary());
    }
}
