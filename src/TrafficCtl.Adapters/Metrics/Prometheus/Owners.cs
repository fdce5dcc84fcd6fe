using System.Collections.Immutable;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>Whose a series is: a service, and a part of it (<see cref="Unit.Part"/>).</summary>
internal sealed class Owners
{
    private readonly Dictionary<string, List<(ServiceState Service, int Part)>> byKey = new(StringComparer.Ordinal);

    public required ImmutableArray<ServiceState> Services { get; init; }

    public static Owners Of(Chunk chunk)
    {
        var owners = new Owners { Services = chunk.Services };
        foreach (var service in chunk.Services)
        {
            foreach (var arm in new[] { Arm.Stable, Arm.Candidate })
                if (chunk.Preset.KeyOf(service.Name, arm) is { } key) owners.Add(key, service, (int)arm);
            for (var slot = 0; slot < service.Target!.Slots.Length; slot++)
                foreach (var key in chunk.Preset.Keys(service.Target, service.Target.Slots[slot])) owners.Add(key, service, slot);
        }

        return owners;
    }

    public IReadOnlyList<(ServiceState Service, int Part)> Find((string? First, string? Second) keys) =>
        keys.First is { } first && byKey.TryGetValue(first, out var known) ? known
        : keys.Second is { } second && byKey.TryGetValue(second, out known) ? known
        : [];

    /// <summary>What does not tell two slots apart is of the first.</summary>
    private void Add(string key, ServiceState service, int part)
    {
        if (!byKey.TryGetValue(key, out var held)) byKey[key] = held = [];
        if (held.TrueForAll(o => o.Service != service)) held.Add((service, part));
    }
}
