using TrafficCtl.Core.Signals;

namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>
/// Counters of stable's instances in groups of as many as the candidate has: placebo candidates for the judge's A/A guard.
/// </summary>
/// <remarks>An instance that comes later is in none of them, so that a group is always the same instances.</remarks>
internal sealed class InstanceParts
{
    /// <summary>
    /// So many requests for each of the candidate's instances that was seen: that another one got none of them happens at
    /// most once in a million times where each is as likely, (k / (k + 1))^20k.
    /// </summary>
    private const int Meaningful = 20;

    /// <summary>Groups of fewer than half of the candidate's instances are noisier than it is by far.</summary>
    private const int Outgrown = 2;

    private readonly Dictionary<string, ArmCounters> byInstance = new(StringComparer.Ordinal);
    private readonly int size;

    private InstanceParts(string[] instances, int size)
    {
        this.size = size;
        All = [.. Enumerable.Range(0, Math.Min(Tick.MostPlacebos, instances.Length / size)).Select(static _ => new ArmCounters())];
        for (var i = 0; i < All.Length * size; i++) byInstance[instances[i]] = All[i / size];
    }

    /// <summary>1 to <see cref="Tick.MostPlacebos"/>.</summary>
    public ArmCounters[] All { get; }

    /// <summary>Null while it is not known how many instances the candidate has, and where a group would be all of stable.</summary>
    /// <param name="stable">Instances that count for stable, each once or more.</param>
    /// <param name="candidate">The same of the candidate.</param>
    /// <param name="requests">The requests of the candidate so far.</param>
    public static InstanceParts? Of(IEnumerable<string> stable, IEnumerable<string> candidate, long requests)
    {
        var wanted = candidate.Distinct(StringComparer.Ordinal).Count();
        if (wanted == 0 || requests < Meaningful * wanted) return null;
        // In one order: the next leader makes the same groups of the same instances.
        var instances = stable.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        return instances.Length > wanted ? new InstanceParts(instances, wanted) : null;
    }

    /// <summary>The candidate was scaled up since.</summary>
    public bool IsOutgrownBy(IEnumerable<string> candidate) => candidate.Distinct(StringComparer.Ordinal).Count() >= Outgrown * size;

    /// <summary>Null for an instance that is in no group.</summary>
    public ArmCounters? Find(string instance) => byInstance.GetValueOrDefault(instance);
}
