using TrafficCtl.Core.Signals;

namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>Counters of stable's instances in groups of as many as the candidate has: placebo candidates for the judge's A/A guard.</summary>
/// <remarks>Made once a rollout. An instance that comes later is in none of them, so that a group is always the same instances.</remarks>
internal sealed class InstanceParts
{
    /// <summary>
    /// So many requests for each of the candidate's instances that was seen: that one more was there and got none of them happens
    /// once in 500 million times where each is as likely.
    /// </summary>
    private const int Meaningful = 20;

    private readonly Dictionary<string, ArmCounters> byProcess = new(StringComparer.Ordinal);

    private InstanceParts(string[] instances, int size)
    {
        All = [.. Enumerable.Range(0, Math.Min(Tick.MostPlacebos, instances.Length / size)).Select(static _ => new ArmCounters())];
        for (var i = 0; i < All.Length * size; i++) byProcess[instances[i]] = All[i / size];
    }

    /// <summary>1 to <see cref="Tick.MostPlacebos"/>.</summary>
    public ArmCounters[] All { get; }

    /// <summary>Null while it is not known how many instances the candidate has, and where a group would be all of stable.</summary>
    /// <param name="stable">Processes that count for stable, each once or more.</param>
    /// <param name="candidate">The same of the candidate.</param>
    /// <param name="requests">Of the candidate so far.</param>
    public static InstanceParts? Of(IEnumerable<string> stable, IEnumerable<string> candidate, long requests)
    {
        var size = candidate.Distinct(StringComparer.Ordinal).Count();
        if (size == 0 || requests < Meaningful * size) return null;
        // In one order for ever: whoever leads next makes the same groups.
        var instances = stable.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        return instances.Length > size ? new InstanceParts(instances, size) : null;
    }

    /// <summary>Null for a process that is in no group.</summary>
    public ArmCounters? Find(string process) => byProcess.GetValueOrDefault(process);
}
