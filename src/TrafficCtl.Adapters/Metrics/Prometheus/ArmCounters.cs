using TrafficCtl.Core.Signals;

namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>One arm since its rollout began.</summary>
internal sealed class ArmCounters
{
    private readonly double[] byOutcome = new double[Outcomes.Count];
    private readonly double[] byStatus = new double[ClientStatuses.Count];
    private readonly List<(double[] Bounds, double[] Sum)> latency = [];

    /// <summary>Counted requests.</summary>
    public long Requests { get; private set; }

    /// <summary>The bounds of every histogram that was seen of it.</summary>
    public IEnumerable<double[]> Bounds => latency.Select(l => l.Bounds);

    /// <param name="outcome">How the requests ended.</param>
    /// <param name="count">How many.</param>
    /// <param name="status">The status of client errors; 0 where it is not told.</param>
    public void Add(Outcome outcome, double count, int status)
    {
        if (status != 0) byStatus[ClientStatuses.IndexOf(status)] += count;
        byOutcome[(int)outcome] += count;
        var requests = 0.0;
        for (var i = 0; i < byOutcome.Length; i++)
            if (((Outcome)i).IsCounted()) requests += byOutcome[i];
        Requests = (long)Math.Round(requests);
    }

    /// <param name="bounds">Finite upper bounds in seconds.</param>
    /// <param name="growth">Cumulative, with the count of all last.</param>
    public void AddLatency(double[] bounds, double[] growth)
    {
        foreach (var (known, sum) in latency)
        {
            if (!known.AsSpan().SequenceEqual(bounds)) continue;
            for (var i = 0; i < sum.Length; i++) sum[i] += growth[i];
            return;
        }

        latency.Add((bounds, [.. growth]));
    }

    /// <summary>Adds what another one counted.</summary>
    public void Add(ArmCounters other)
    {
        for (var i = 0; i < byOutcome.Length; i++) Add((Outcome)i, other.byOutcome[i], 0);
        for (var i = 0; i < byStatus.Length; i++) byStatus[i] += other.byStatus[i];
        foreach (var (bounds, sum) in other.latency) AddLatency(bounds, sum);
    }

    /// <summary>The counters now, in buckets of which every histogram here has the edges.</summary>
    /// <param name="layout">Whose edges every histogram has.</param>
    /// <param name="tellsClientErrors">Client errors are told from successes.</param>
    public Counts ToCounts(LatencyLayout layout, bool tellsClientErrors)
    {
        var counts = new Counts(layout);
        for (var i = 0; i < byOutcome.Length; i++) counts.ByOutcome[i] = (long)Math.Round(byOutcome[i]);
        counts.CappedFailures = counts.Failures;
        (counts.TellsClientErrors, counts.CappedClientErrors) = (tellsClientErrors, counts.ClientErrors);
        for (var i = 0; i < byStatus.Length; i++)
            if (byStatus[i] > 0) counts.Statuses()[i] = (long)Math.Round(byStatus[i]);
        counts.Started = counts.Ended = counts.Requests;
        // Where there is no common bound nothing is known of latency.
        if (layout.IsNone) return counts;
        foreach (var (bounds, sum) in latency)
        {
            var below = 0L;
            for (var i = 0; i <= layout.Overflow; i++)
            {
                var upTo = i == layout.Overflow ? sum[^1] : IndexOf(bounds, layout.UpperSeconds(i)) is var at and >= 0 ? sum[at] : 0;
                var whole = Math.Max(below, (long)Math.Round(upTo));
                counts.Latency[i] += whole - below;
                below = whole;
            }
        }

        return counts;
    }

    private static int IndexOf(double[] bounds, double edge) => Array.BinarySearch(bounds, edge);
}
