using System.Collections.Frozen;
using System.Collections.Immutable;

namespace TrafficCtl.Core.Promotion.Environments;

/// <summary>The environments of a service as a graph without a circle: what exists here is valid.</summary>
public sealed class PromotionSpec
{
    private readonly FrozenDictionary<string, EnvironmentSpec> _byName;
    private readonly FrozenDictionary<string, ImmutableArray<string>> _upstream;

    private PromotionSpec(string service, ImmutableArray<EnvironmentSpec> environments)
    {
        (Service, Environments) = (service, environments);
        _byName = environments.ToFrozenDictionary(e => e.Name);
        var upstream = new Dictionary<string, ImmutableArray<string>>();
        foreach (var environment in environments)
            upstream[environment.Name] = [.. environment.After.SelectMany(name => upstream[name].Add(name)).Distinct()];
        _upstream = upstream.ToFrozenDictionary();
    }

    public string Service { get; }

    /// <summary>Each after all that it depends on.</summary>
    public ImmutableArray<EnvironmentSpec> Environments { get; }

    public EnvironmentSpec? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>All environments before it, direct and indirect.</summary>
    public ImmutableArray<string> Upstream(string environment) => _upstream[environment];

    public bool IsUpstream(string environment, string of) => _upstream.TryGetValue(of, out var before) && before.Contains(environment);

    /// <summary>The specification, or every problem with its path; then no specification.</summary>
    public static (PromotionSpec? Spec, ImmutableArray<string> Problems) Create(string service, IEnumerable<EnvironmentSpec> environments)
    {
        var declared = environments.ToImmutableArray();
        var problems = EnvironmentProblems.Of(service, declared);
        return problems.IsEmpty ? (new(service, EnvironmentGraph.Sorted(declared)), problems) : (null, problems);
    }
}
