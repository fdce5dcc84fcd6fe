using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Promoting.Acting;

/// <summary>Declares the services of all pipelines, when one of them changed. Owned by the promotion loop.</summary>
internal sealed class ServiceDeclarer(IPipelineServices port)
{
    private readonly SortedDictionary<string, ImmutableArray<ServiceSpec>> byPipeline = new(StringComparer.Ordinal);

    /// <returns>Why it did not take effect, in sentences; empty when it did, or when nothing changed.</returns>
    public async ValueTask<ImmutableArray<string>> DeclareAsync(
        string pipeline, ImmutableArray<ServiceSpec> services, CancellationToken stop)
    {
        var before = byPipeline.GetValueOrDefault(pipeline, []);
        if (IsSame(before, services)) return [];
        byPipeline[pipeline] = services;
        var problems = ImmutableArray.Create("the services were not declared");
        try
        {
            problems = await port.DeclareAsync([.. byPipeline.Values.SelectMany(static s => s)], stop);
        }
        finally
        {
            // What did not take effect is declared again.
            if (!problems.IsEmpty) byPipeline[pipeline] = before;
        }

        return problems;
    }

    /// <summary>Those of pipelines that nobody declares any more are left to themselves.</summary>
    public async ValueTask<ImmutableArray<string>> KeepAsync(ImmutableHashSet<string> pipelines, CancellationToken stop)
    {
        var gone = byPipeline.Keys.Where(k => !pipelines.Contains(k)).ToArray();
        if (gone.Length == 0) return [];
        var problems = await port.DeclareAsync(
            [.. byPipeline.Where(p => pipelines.Contains(p.Key)).SelectMany(static p => p.Value)], stop);
        if (problems.IsEmpty)
            foreach (var name in gone) byPipeline.Remove(name);
        return problems;
    }

    public void Forget() => byPipeline.Clear();

    private static bool IsSame(ImmutableArray<ServiceSpec> before, ImmutableArray<ServiceSpec> next)
    {
        if (before.Length != next.Length) return false;
        for (var i = 0; i < next.Length; i++)
            if (!ReferenceEquals(before[i], next[i])) return false;
        return true;
    }
}
