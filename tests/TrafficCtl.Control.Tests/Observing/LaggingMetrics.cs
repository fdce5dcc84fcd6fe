using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;

namespace TrafficCtl.Control.Tests.Observing;

/// <summary>The fake counters as a metrics backend tells them: once a scrape, some scrapes behind, in coarse buckets.</summary>
internal sealed class LaggingMetrics(FakeMetrics counters, TimeProvider clock) : IMetricSource
{
    public static readonly TimeSpan Scrape = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan Lag = 2 * Scrape;

    private readonly List<Reading> past = [];

    /// <summary>Upper bounds in seconds.</summary>
    public double[] Bounds { get; set; } = [0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.1, 0.25, 1];

    /// <summary>The backend does not answer: what was read stands still.</summary>
    public bool IsGone { get; set; }

    public string? Trouble { get; set; }

    public ImmutableArray<MetricPair> Metrics { get; set; } = [];

    private Reading? newest;

    public string? TroubleOf(TargetKey key) => Trouble;

    public async ValueTask<Reading?> ReadAsync(TargetKey key, CancellationToken stop)
    {
        if (await counters.ReadAsync(key, stop) is { } now) past.Add(Coarse(now));
        if (IsGone) return newest;
        var behind = (clock.GetUtcNow() - Lag).UtcTicks;
        var grid = new DateTimeOffset(behind - (behind % Scrape.Ticks), TimeSpan.Zero);
        if (past.LastOrDefault(r => r.At <= grid) is { } found && (newest is null || grid > newest.At || grid < newest.At - Lag))
            newest = found with
            {
                At = grid,
                Settle = (2 * Scrape) + TimeSpan.FromSeconds(1),
                ValidFor = Lag + (4 * Scrape),
                Metrics = Metrics,
            };
        return newest;
    }

    private Reading Coarse(Reading fine)
    {
        // A backend's buckets are known by what they grew by.
        var layout = fine.Arms.All(a => a.Counts.Latency.Sum() == 0) ? LatencyLayout.None : LatencyLayout.Of(Bounds);
        return fine with { Arms = [.. fine.Arms.Select(a => a with { Counts = Fold(a.Counts, layout) })] };
    }

    private static Counts Fold(Counts fine, LatencyLayout layout)
    {
        var counts = new Counts(layout) { CappedFailures = fine.CappedFailures, Started = fine.Started, Ended = fine.Ended };
        fine.ByOutcome.CopyTo(counts.ByOutcome, 0);
        for (var i = 0; i < fine.Latency.Length && !layout.IsNone; i++)
            counts.Latency[layout.IndexOf(fine.Layout.MiddleSeconds(i))] += fine.Latency[i];
        return counts;
    }
}
