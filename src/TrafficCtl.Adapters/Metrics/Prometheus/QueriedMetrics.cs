using System.Collections.Frozen;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>A rollout whose analysis has metrics that Prometheus is asked for.</summary>
/// <param name="Key">The target.</param>
/// <param name="RolloutId">Its active rollout.</param>
/// <param name="Stable">The version of the stable arm.</param>
/// <param name="Candidate">The version of the candidate arm.</param>
/// <param name="Metrics">The metrics of the analysis, in its order.</param>
public sealed record QueriedRollout(
    TargetKey Key, string RolloutId, string Stable, string Candidate, ImmutableArray<MetricTolerance> Metrics)
{
    /// <summary>Somebody wrote a query.</summary>
    public bool HasQueries => Metrics.Any(static m => m.Query is not null);
}

/// <summary>
/// Counters of another source, with the metrics that people wrote queries for beside them: once a minute from Prometheus, read from memory.
/// </summary>
/// <remarks>
/// The counters never wait for Prometheus. Where it does not answer, the metric has no reading: it is unknown, which neither
/// passes nor fails.
/// </remarks>
public sealed partial class QueriedMetrics : IMetricSource
{
    private const int AtOnce = 4;

    private readonly IMetricSource counters;
    private readonly PrometheusClient client;
    private readonly PrometheusOptions options;
    private readonly Func<ImmutableArray<QueriedRollout>> rollouts;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly CustomMetrics answers = new();
    private FrozenDictionary<TargetKey, QueriedRollout> asked = FrozenDictionary<TargetKey, QueriedRollout>.Empty;
    private volatile FrozenDictionary<TargetKey, Entry> entries = FrozenDictionary<TargetKey, Entry>.Empty;

    /// <param name="counters">What is measured else.</param>
    /// <param name="http">The client that asks Prometheus; its owner is the caller.</param>
    /// <param name="options">Where and how.</param>
    /// <param name="rollouts">The active rollouts, whose queries are asked.</param>
    /// <param name="clock">For the instants asked for.</param>
    /// <param name="log">Changes between good and bad.</param>
    /// <exception cref="ArgumentException">An option that cannot be used.</exception>
    public QueriedMetrics(
        IMetricSource counters, HttpMessageInvoker http, PrometheusOptions options, Func<ImmutableArray<QueriedRollout>> rollouts,
        TimeProvider clock, ILogger<QueriedMetrics> log)
    {
        if (options.Problem() is { } problem) throw new ArgumentException(problem, nameof(options));
        client = new PrometheusClient(http, options, clock);
        (this.counters, this.options, this.rollouts, this.clock, this.log) = (counters, options, rollouts, clock, log);
    }

    /// <summary>Queries so far.</summary>
    public long Queries => client.Queries;

    public async ValueTask<Reading?> ReadAsync(TargetKey key, CancellationToken stop)
    {
        var reading = await counters.ReadAsync(key, stop);
        // Values of another rollout say nothing of this one's candidate, and old ones nothing of now.
        return reading?.RolloutId is { } rollout && entries.TryGetValue(key, out var entry) && entry.RolloutId == rollout
            && clock.GetElapsedTime(entry.MadeAt) <= CustomMetrics.ValidFor
            ? reading with { Metrics = entry.Values }
            : reading;
    }

    public string? TroubleOf(TargetKey key) =>
        counters.TroubleOf(key) ?? (entries.TryGetValue(key, out var entry) ? entry.Trouble : null);

    /// <summary>Asks what is due, four times a minute, until stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await RoundAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                // A bug of ours: no reading rather than one that stands still.
                entries = FrozenDictionary<TargetKey, Entry>.Empty;
                LogFault(fault);
            }

            await Task.Delay(options.Scrape, clock, stop).ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    internal async Task RoundAsync(CancellationToken stop)
    {
        var now = rollouts().Where(static r => r.HasQueries).ToFrozenDictionary(static r => r.Key);
        foreach (var (key, was) in asked)
        {
            // What was answered for another candidate is asked anew.
            if (now.GetValueOrDefault(key)?.RolloutId == was.RolloutId) continue;
            foreach (var text in TextsOf(was)) answers.Drop(text);
        }

        asked = now;
        var at = clock.GetUtcNow();
        var due = answers.Due(now.Values.SelectMany(TextsOf), at).ToArray();
        var told = new (PromAnswer? Answer, string? Why)[due.Length];
        await Parallel.ForAsync(
            0, due.Length, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop },
            async (i, end) => told[i] = await TryAskAsync(due[i], at, end));
        for (var i = 0; i < due.Length; i++)
        {
            if (told[i].Answer is { } answer) answers.Answered(due[i], answer, at);
            else answers.Failed(due[i], told[i].Why!, at);
        }

        answers.Forget(at);
        var next = now.Values.ToFrozenDictionary(static r => r.Key, r => EntryOf(r, at));
        foreach (var (key, entry) in next) Tell(key.Name, entries.GetValueOrDefault(key)?.Trouble, entry.Trouble);
        entries = next;
    }

    private async ValueTask<(PromAnswer? Answer, string? Why)> TryAskAsync(string text, DateTimeOffset at, CancellationToken stop)
    {
        try
        {
            return (await client.QueryAsync(text, at, stop), null);
        }
        catch (PrometheusException fault)
        {
            return (null, fault.Message);
        }
    }

    private Entry EntryOf(QueriedRollout rollout, DateTimeOffset at)
    {
        var values = ImmutableArray.CreateBuilder<MetricPair>(rollout.Metrics.Length);
        var trouble = default(string);
        foreach (var metric in rollout.Metrics)
        {
            var text = TextOf(rollout, metric);
            values.Add(text is null ? new MetricPair(double.NaN, double.NaN) : answers.Find(text, at));
            if (text is not null && trouble is null && answers.TroubleOf(text) is { } why) trouble = $"the metric {metric.Name}: {why}";
        }

        return new Entry(rollout.RolloutId, values.MoveToImmutable(), trouble, clock.GetTimestamp());
    }

    private IEnumerable<string> TextsOf(QueriedRollout rollout) =>
        rollout.Metrics.Select(m => TextOf(rollout, m)).OfType<string>();

    private string? TextOf(QueriedRollout rollout, MetricTolerance metric) => metric.Query is { } query
        ? new QueryWords(rollout.Key.Service, null, options.Selector, rollout.Stable, rollout.Candidate).Fill(query)
        : null;

    private void Tell(string service, string? was, string? trouble)
    {
        if (trouble is not null && was is null) LogTrouble(service, trouble);
        else if (trouble is null && was is not null) LogAnswered(service);
    }

    private sealed record Entry(string RolloutId, ImmutableArray<MetricPair> Values, string? Trouble, long MadeAt);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Service}: {Trouble}")]
    private partial void LogTrouble(string service, string trouble);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Service}: the metrics of its analysis are read again")]
    private partial void LogAnswered(string service);

    [LoggerMessage(Level = LogLevel.Error, Message = "A round of queries failed inside; the metrics have no reading until one succeeds")]
    private partial void LogFault(Exception fault);
}
