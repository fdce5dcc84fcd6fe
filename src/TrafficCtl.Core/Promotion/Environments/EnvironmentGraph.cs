using System.Collections.Immutable;

namespace TrafficCtl.Core.Promotion.Environments;

/// <summary>The order of environments by what each depends on.</summary>
public static class EnvironmentGraph
{
    /// <summary>Each after all that it depends on, else as declared. What is in a circle or after one is left out.</summary>
    public static ImmutableArray<EnvironmentSpec> Sorted(ImmutableArray<EnvironmentSpec> declared)
    {
        var sorted = ImmutableArray.CreateBuilder<EnvironmentSpec>(declared.Length);
        var done = new HashSet<string>();
        while (declared.FirstOrDefault(e => !done.Contains(e.Name) && e.After.All(done.Contains)) is { } next)
        {
            sorted.Add(next);
            done.Add(next.Name);
        }

        return sorted.ToImmutable();
    }

    /// <summary>One circle, from an environment back to itself; empty where there is none. Unknown names are passed over.</summary>
    public static ImmutableArray<string> Circle(ImmutableArray<EnvironmentSpec> declared)
    {
        var byName = declared.GroupBy(e => e.Name).ToDictionary(g => g.Key, g => g.First());
        var done = new HashSet<string>();
        foreach (var environment in declared)
            if (Walk(environment.Name, byName, done, []) is { IsEmpty: false } circle) return circle;
        return [];
    }

    private static ImmutableArray<string> Walk(
        string name, Dictionary<string, EnvironmentSpec> byName, HashSet<string> done, ImmutableArray<string> path)
    {
        if (path.IndexOf(name) is var at and >= 0) return path[at..].Add(name);
        if (done.Contains(name) || !byName.TryGetValue(name, out var environment)) return [];
        foreach (var before in environment.After)
            if (Walk(before, byName, done, path.Add(name)) is { IsEmpty: false } circle) return circle;
        done.Add(name);
        return [];
    }
}
