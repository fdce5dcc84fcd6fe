using System.Collections.Immutable;
using TrafficCtl.Adapters.Metrics.Prometheus.Presets;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>The built-in queries of saturation, from cAdvisor: all of a chunk in one query.</summary>
internal static class Saturation
{
    /// <summary>How <c>MetricTolerance.Query</c> begins for these metrics.</summary>
    public const string Prefix = "saturation:";

    /// <summary>CPU seconds per request, so that an arm of 5 % and one of 95 % compare.</summary>
    public const string Cpu = Prefix + "cpu";

    /// <summary>Working set of a pod in bytes.</summary>
    public const string Memory = Prefix + "memory";

    /// <summary>1 + the share of CPU periods that were throttled: compared as a ratio, 15 % is 15 of 100 periods more.</summary>
    public const string Throttling = Prefix + "throttling";

    public const string CpuMetric = "container_cpu_usage_seconds_total";
    public const string MemoryMetric = "container_memory_working_set_bytes";
    public const string PeriodsMetric = "container_cpu_cfs_periods_total";
    public const string ThrottledMetric = "container_cpu_cfs_throttled_periods_total";

    public static readonly ImmutableArray<string> All = [Cpu, Memory, Throttling];

    public static string Query(IEnumerable<string> workloads, IEnumerable<string> namespaces, string selector) =>
        $"sum by ({QueryText.Mark}, namespace, pod) (max without (prometheus_replica, replica) "
            + $"(label_replace({{__name__=~\"{CpuMetric}|{MemoryMetric}|{PeriodsMetric}|{ThrottledMetric}\", "
        + $"container!=\"\", container!=\"POD\", namespace=~\"{string.Join('|', namespaces)}\", "
        + $"pod=~\"{string.Join('|', workloads.Select(PodNames.Pattern))}\""
        + $"{(selector.Length > 0 ? $", {selector}" : "")}}}, \"{QueryText.Mark}\", \"$1\", \"__name__\", \"(.+)\")))";
}

/// <summary>The pods of one service, from minute to minute.</summary>
internal sealed class SaturationMeter
{
    /// <summary>Gauges are judged by the minute.</summary>
    public static readonly TimeSpan Span = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, Pod> from = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MetricPair> values = new(StringComparer.Ordinal);
    private DateTimeOffset? fromAt;
    private DateTimeOffset at;
    private (long Stable, long Candidate) fromRequests;

    internal readonly record struct Pod(Arm Arm, double Cpu, double Memory, double Periods, double Throttled);

    /// <param name="pods">By name, as they are now.</param>
    /// <param name="requests">The requests of both arms so far.</param>
    /// <param name="now">The instant that was asked for.</param>
    public void Absorb(IReadOnlyDictionary<string, Pod> pods, (long Stable, long Candidate) requests, DateTimeOffset now)
    {
        at = now;
        values[Saturation.Memory] = new(Memory(pods, Arm.Stable), Memory(pods, Arm.Candidate));
        if (fromAt is { } since && now - since < Span) return;
        if (fromAt is not null)
        {
            values[Saturation.Cpu] = new(
                Cpu(pods, Arm.Stable, requests.Stable - fromRequests.Stable),
                Cpu(pods, Arm.Candidate, requests.Candidate - fromRequests.Candidate));
            values[Saturation.Throttling] = new(Throttling(pods, Arm.Stable), Throttling(pods, Arm.Candidate));
        }

        from.Clear();
        foreach (var (name, pod) in pods) from[name] = pod;
        (fromAt, fromRequests) = (now, requests);
    }

    /// <summary>NaN where nothing is known, or what is known is old.</summary>
    public MetricPair Find(string query, DateTimeOffset now) =>
        now - at <= 2 * Span && values.TryGetValue(query, out var pair) ? pair : new MetricPair(double.NaN, double.NaN);

    private static double Memory(IReadOnlyDictionary<string, Pod> pods, Arm arm)
    {
        var of = pods.Values.Where(p => p.Arm == arm && p.Memory > 0).ToArray();
        return of.Length == 0 ? double.NaN : of.Average(p => p.Memory);
    }

    /// <summary>A pod whose counters fell began anew, and one that was not there before has no span: both are left out.</summary>
    private double Cpu(IReadOnlyDictionary<string, Pod> pods, Arm arm, long requests)
    {
        var grown = pods.Where(p => p.Value.Arm == arm && from.ContainsKey(p.Key)).Select(p => p.Value.Cpu - from[p.Key].Cpu).ToArray();
        // The requests are of all pods: with one left out the quotient would be too small.
        return requests <= 0 || grown.Length == 0 || grown.Length < pods.Values.Count(p => p.Arm == arm) || grown.Any(g => g < 0)
            ? double.NaN
            : grown.Sum() / requests;
    }

    private double Throttling(IReadOnlyDictionary<string, Pod> pods, Arm arm)
    {
        var (periods, throttled) = (0.0, 0.0);
        foreach (var (name, pod) in pods)
        {
            if (pod.Arm != arm
                || !from.TryGetValue(name, out var before)
                || pod.Periods < before.Periods
                || pod.Throttled < before.Throttled)
                continue;
            periods += pod.Periods - before.Periods;
            throttled += pod.Throttled - before.Throttled;
        }

        return periods > 0 ? 1 + (throttled / periods) : double.NaN;
    }
}
