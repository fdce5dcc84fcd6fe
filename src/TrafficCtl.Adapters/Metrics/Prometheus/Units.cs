using System.Collections.Immutable;
using TrafficCtl.Adapters.Metrics.Prometheus.Presets;

namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>One counter, or all counters of one histogram, as one process told it at one scrape.</summary>
/// <param name="Process">Whose life the counter shares.</param>
/// <param name="Key">Which of the process' counters.</param>
/// <param name="Labels">The labels of the series (of one of them, for a histogram).</param>
/// <param name="At">When it was scraped, not when it was asked for.</param>
/// <param name="Bounds">Finite upper bounds in seconds, rising; empty for a plain counter.</param>
/// <param name="Values">One value; of a histogram the counts up to each bound, and the count of all last.</param>
internal sealed record Unit(string Process, string Key, PromLabels Labels, DateTimeOffset At, double[] Bounds, double[] Values)
{
    public double Total => Values[^1];

    /// <summary>Where the server counts: the pod, however often it is scraped; the process where no pod is known.</summary>
    public string Instance => Labels["pod"] is { Length: > 0 } pod ? $"{Labels["cluster"]}/{Labels["namespace"]}/{pod}" : Process;

    /// <summary>Which part of its service it counts the requests of: a slot by its index, or an arm where the metrics tell it.</summary>
    public int Part { get; init; }
}

/// <summary>An answer to <see cref="QueryText.Counters"/>, sorted by counter.</summary>
internal static class Units
{
    private const char Between = '\u001f';

    /// <summary>Processes with the time of their newest scrape.</summary>
    public static Dictionary<string, DateTimeOffset> Times(PromAnswer answer)
    {
        var times = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        foreach (var sample in answer.Samples)
        {
            if (sample.Labels[QueryText.Mark] != QueryText.TimeMark || !double.IsFinite(sample.Value)) continue;
            times[ProcessOf(sample.Labels)] = DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Round(sample.Value * 1000));
        }

        return times;
    }

    /// <summary>All counters with a finite value; one that is not a number now is as if it were not there.</summary>
    /// <param name="answer">The answer of one query.</param>
    /// <param name="times">The times of the same answer.</param>
    /// <param name="query">What was asked.</param>
    /// <exception cref="FormatException">A histogram that cannot be read; the message says what to do.</exception>
    public static List<Unit> Read(PromAnswer answer, Dictionary<string, DateTimeOffset> times, SignalQuery query)
    {
        var units = new List<Unit>();
        var buckets = new Dictionary<(string, string), (PromLabels Labels, List<(double Bound, double Count)> All)>();
        var natives = new HashSet<(string, string)>();
        foreach (var sample in answer.Samples)
        {
            if (sample.Labels[QueryText.Mark].Length > 0) continue;
            var (process, key) = (ProcessOf(sample.Labels), KeyOf(sample.Labels, query.Labels));
            if (!times.TryGetValue(process, out var at)) continue;
            if (sample.Histogram is { } native)
            {
                natives.Add((process, key));
                if (NativeBuckets.Fold(native, query.PerSecond) is { } folded)
                    units.Add(new Unit(process, key, sample.Labels, at, folded.Bounds, folded.Values));
            }
            else if (!query.IsHistogram)
            {
                if (double.IsFinite(sample.Value)) units.Add(new Unit(process, key, sample.Labels, at, [], [sample.Value]));
            }
            else if (PromReader.TryNumber(sample.Labels["le"], out var bound) && double.IsFinite(sample.Value))
            {
                if (!buckets.TryGetValue((process, key), out var held)) buckets[(process, key)] = held = (sample.Labels, []);
                held.All.Add((bound / query.PerSecond, sample.Value));
            }
        }

        foreach (var ((process, key), (labels, all)) in buckets)
            if (!natives.Contains((process, key)) && ClassicBuckets.Sort(all) is { } sorted)
                units.Add(new Unit(process, key, labels, times[process], sorted.Bounds, sorted.Values));
        return units;
    }

    private static string ProcessOf(PromLabels labels) => Join(labels, QueryText.Process);

    private static string KeyOf(PromLabels labels, ImmutableArray<string> names) => Join(labels, names);

    private static string Join(PromLabels labels, ImmutableArray<string> names)
    {
        var parts = new string[names.Length];
        for (var i = 0; i < parts.Length; i++) parts[i] = labels[names[i]];
        return string.Join(Between, parts);
    }
}
