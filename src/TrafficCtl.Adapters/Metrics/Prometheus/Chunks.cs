using System.Collections.Immutable;
using TrafficCtl.Adapters.Metrics.Prometheus.Presets;

namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>Services of one preset that are asked for together.</summary>
internal sealed record Chunk(MetricPreset Preset, ImmutableArray<ServiceState> Services, ImmutableArray<string> Names)
{
    /// <summary>Names in one query at most.</summary>
    public const int MostNames = 100;

    /// <summary>Characters of one regular expression at most.</summary>
    public const int MostCharacters = 4096;

    /// <summary>Requests, latency and saturation: the number of queries does not grow with the services of a chunk.</summary>
    public const int QueriesAtMost = 3;

    public IEnumerable<string> Namespaces => Services.Select(s => QueryText.Escape(s.Target!.Namespace)).Distinct(StringComparer.Ordinal);

    public IEnumerable<string> Workloads =>
        Services.SelectMany(s => s.Target!.Slots).Select(s => s.Workload ?? s.Service).Distinct(StringComparer.Ordinal);

    /// <summary>By preset and name, as many in one as fit; both arms of a service are always in the same.</summary>
    public static IEnumerable<Chunk> Of(IEnumerable<ServiceState> services)
    {
        foreach (var preset in services.GroupBy(s => s.Preset!))
        {
            var chosen = new List<ServiceState>();
            var names = new List<string>();
            var known = new HashSet<string>(StringComparer.Ordinal);
            var length = 0;
            foreach (var service in preset.OrderBy(s => s.Name, StringComparer.Ordinal))
            {
                var more = preset.Key
                    .Names(service.Name, service.Target!)
                    .Where(n => !known.Contains(n))
                    .Distinct(StringComparer.Ordinal)
                    .ToArray();
                var longer = more.Sum(n => n.Length + 1);
                if (chosen.Count > 0 && (names.Count + more.Length > MostNames || length + longer > MostCharacters))
                {
                    yield return new Chunk(preset.Key, [.. chosen], [.. names]);
                    chosen.Clear();
                    names.Clear();
                    known.Clear();
                    length = 0;
                    more = [.. preset.Key.Names(service.Name, service.Target!).Distinct(StringComparer.Ordinal)];
                    longer = more.Sum(n => n.Length + 1);
                }

                chosen.Add(service);
                names.AddRange(more);
                known.UnionWith(more);
                length += longer;
            }

            yield return new Chunk(preset.Key, [.. chosen], [.. names]);
        }
    }
}
