using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Looping;

/// <summary>What each source of a process declares: delivery files, a cluster. All of it together is what the loop drives.</summary>
internal sealed class Declarations
{
    // In the order in which the sources declared something first.
    private ImmutableArray<Source> sources = [];

    /// <summary>Replaces what the source declared before.</summary>
    /// <returns>
    /// All services now, and a sentence on each target that two sources declare: the source that declared something first keeps it.
    /// </returns>
    public (ImmutableArray<Declaration> Services, ImmutableArray<string> Problems) Set(
        string name, ImmutableArray<ServiceSpec> services, LastKnown last)
    {
        var source = new Source(name, [.. services.Select(spec => new Declaration(spec, last))]);
        var index = sources.ToList().FindIndex(s => s.Name == name);
        sources = index < 0 ? sources.Add(source) : sources.SetItem(index, source);
        if (sources.Length == 1) return (source.Services, []);
        var owners = new Dictionary<TargetKey, string>();
        var merged = ImmutableArray.CreateBuilder<Declaration>();
        var problems = ImmutableArray.CreateBuilder<string>();
        foreach (var (from, declared) in sources)
        {
            foreach (var service in declared)
            {
                if (owners.TryAdd(service.Spec.Key, from)) merged.Add(service);
                else if (owners[service.Spec.Key] != from) problems.Add(Twice(service.Spec.Key, owners[service.Spec.Key], from));
            }
        }

        return (merged.ToImmutable(), problems.ToImmutable());
    }

    private static string Twice(TargetKey key, string first, string second) =>
        $"{first} and {second} both declare {key}: that of {first} is in force; give one of them another environment or name";

    private sealed record Source(string Name, ImmutableArray<Declaration> Services);
}
