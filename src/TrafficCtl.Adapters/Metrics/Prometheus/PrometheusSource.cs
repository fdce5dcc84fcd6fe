using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>Measurements of a mesh, out of Prometheus: once per scrape for all services together, read from memory.</summary>
/// <remarks>
/// The instants asked for lie on a grid of the scrape interval, a lag behind now, the same for both arms; windows tile.
/// Services are those that were read in the last minutes.
/// </remarks>
public sealed partial class PrometheusSource : IMetricSource, IShareObserver
{
    private static readonly TimeSpan AskedFor = TimeSpan.FromMinutes(5);

    private readonly PrometheusClient client;
    private readonly PrometheusOptions options;
    private readonly IClusterTargets targets;
    private readonly IRoutesInForce routes;
    private readonly Func<string, ImmutableArray<MetricTolerance>> metrics;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly string process = $"prometheus/{Guid.NewGuid():N}";
    private readonly ConcurrentDictionary<string, Entry> entries = new(StringComparer.Ordinal);

    // Owned by the refresh.
    private readonly Dictionary<string, ServiceState> states = new(StringComparer.Ordinal);
    private readonly Layouts layouts = new();
    private readonly CustomMetrics custom = new();
    private readonly PrometheusRound round;
    private DateTimeOffset lastAt;
    private long lives;

    /// <param name="http">The client that asks Prometheus; its owner is the caller.</param>
    /// <param name="options">Where and how.</param>
    /// <param name="targets">Which slots a service has.</param>
    /// <param name="routes">Which slot is which arm.</param>
    /// <param name="metrics">The metrics of a service's analysis, in their order.</param>
    /// <param name="clock">For the grid.</param>
    /// <param name="log">Changes between good and bad.</param>
    /// <exception cref="ArgumentException">An option that cannot be used.</exception>
    public PrometheusSource(
        HttpMessageInvoker http, PrometheusOptions options, IClusterTargets targets, IRoutesInForce routes,
        Func<string, ImmutableArray<MetricTolerance>> metrics, TimeProvider clock, ILogger<PrometheusSource> log)
    {
        if (options.Problem() is { } problem) throw new ArgumentException(problem, nameof(options));
        this.options = options;
        client = new PrometheusClient(http, options, clock);
        (this.targets, this.routes, this.metrics, this.clock, this.log) = (targets, routes, metrics, clock, log);
        round = new PrometheusRound(client, options, custom);
    }

    /// <summary>Queries so far.</summary>
    public long Queries => client.Queries;

    public ValueTask<Reading?> ReadAsync(TargetKey key, CancellationToken stop)
    {
        var now = clock.GetTimestamp();
        var entry = entries.GetOrAdd(key.Service, static (_, at) => new Entry { AskedAt = at }, now);
        entry.AskedAt = now;
        return new ValueTask<Reading?>(entry.Reading);
    }

    public string? TroubleOf(TargetKey key) => entries.TryGetValue(key.Service, out var entry) ? entry.Trouble : null;

    public ShareSample? ObservedShare(string service) => entries.TryGetValue(service, out var entry) ? entry.Share : null;

    /// <summary>
    /// Asks once per scrape until stopped. A failed round is reported as trouble of its services, and the next one is a retry.
    /// </summary>
    /// <remarks>
    /// It may be run again afterwards, and begins anew then: what was counted before is of another term, and meanwhile another process
    /// counted.
    /// </remarks>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            await AskAsync(stop);
        }
        finally
        {
            entries.Clear();
            BeginAnew();
        }
    }

    private async Task AskAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await RoundAsync(stop);
                await Task.Delay(UntilNext(), clock, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                // A bug of ours: what was read stands still, and so every rollout holds.
                RoundFailed(log, fault);
                await Task.Delay(options.Scrape, clock, stop).ContinueWith(
                    static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    /// <summary>Asks for the newest instant of the grid, unless that was done.</summary>
    internal async Task RoundAsync(CancellationToken stop)
    {
        var now = clock.GetUtcNow();
        var at = GridAt(now);
        // Earlier only when the clock was set back: then the grid begins anew.
        if (at == lastAt || (at < lastAt && lastAt - at < options.Scrape + options.LagBehind)) return;
        if (at < lastAt) BeginAnew();
        lastAt = at;
        var asked = Adopt(now);
        await round.AskAsync(asked, at, stop);
        foreach (var service in asked) Publish(service, at);
        custom.Forget(at);
    }

    /// <summary>What is remembered is stamped by a time of day that is no more, or of another term.</summary>
    private void BeginAnew()
    {
        states.Clear();
        custom.Clear();
        round.Clear();
        lastAt = default;
    }

    private DateTimeOffset GridAt(DateTimeOffset now)
    {
        var behind = (now - options.LagBehind).UtcTicks;
        return new DateTimeOffset(behind - (behind % options.Scrape.Ticks), TimeSpan.Zero);
    }

    private TimeSpan UntilNext()
    {
        var now = clock.GetUtcNow();
        var wait = GridAt(now) + options.Scrape + options.LagBehind - now;
        return wait > TimeSpan.Zero ? wait : options.Scrape;
    }

    /// <summary>The services that somebody reads and that can be asked for.</summary>
    private List<ServiceState> Adopt(DateTimeOffset now)
    {
        var asked = new List<ServiceState>();
        foreach (var (name, entry) in entries)
        {
            if (clock.GetElapsedTime(entry.AskedAt) > AskedFor)
            {
                // Should somebody ask again, its counters begin anew, and so does its source.
                entries.TryRemove(name, out _);
                states.Remove(name);
                continue;
            }

            if (!states.TryGetValue(name, out var state))
                states[name] = state = new ServiceState(name, () => $"{process}/{++lives}", options, layouts);
            var route = routes.Find(name);
            // Before the first route there is nothing to measure yet; why none comes is the router's to tell.
            if (state.Follow(targets.Find(name), route, routes.RuleOf(name), metrics(name), now) is { } why)
                Tell(name, entry, why, isExpected: route is null);
            else asked.Add(state);
        }

        return asked;
    }

    private void Publish(ServiceState service, DateTimeOffset at)
    {
        if (!entries.TryGetValue(service.Name, out var entry)) return;
        var failed = round.TroubleOf(service);
        // Requests of one arm alone are no reading, and do say where requests go.
        if (failed is null) entry.Share = service.Share;
        var trouble = failed ?? service.Doubt(at);
        if (trouble is null)
        {
            entry.Reading = service.Read(at, m => MetricOf(service, m, at));
            trouble = service.Metrics.Select(m => TroubleOf(service, m)).FirstOrDefault(t => t is not null)
                ?? (service.SaturationTrouble is { } why ? $"saturation: {why}" : null);
        }

        Tell(service.Name, entry, trouble);
    }

    private MetricPair MetricOf(ServiceState service, MetricTolerance metric, DateTimeOffset at)
    {
        if (metric.Query is not { } query) return new MetricPair(double.NaN, double.NaN);
        if (query.StartsWith(Saturation.Prefix, StringComparison.Ordinal)) return service.Saturation.Find(query, at);
        return CustomMetrics.Text(query, service, options.Selector) is { } text
            ? custom.Find(text, at)
            : new MetricPair(double.NaN, double.NaN);
    }

    private string? TroubleOf(ServiceState service, MetricTolerance metric) =>
        metric.Query is { } query && !query.StartsWith(Saturation.Prefix, StringComparison.Ordinal)
        && CustomMetrics.Text(query, service, options.Selector) is { } text && custom.TroubleOf(text) is { } why
            ? $"the metric {metric.Name}: {why}"
            : null;

    private void Tell(string service, Entry entry, string? trouble, bool isExpected = false)
    {
        entry.Trouble = trouble;
        var isDoubted = trouble is not null && !isExpected;
        if (isDoubted == entry.IsDoubted) return;
        entry.IsDoubted = isDoubted;
        if (isDoubted) InDoubt(log, service, trouble!);
        else if (trouble is null) Trusted(log, service);
    }

    /// <summary>Written by the refresh, read by anybody.</summary>
    private sealed class Entry
    {
        private long askedAt;
        private volatile Reading? reading;
        private volatile string? trouble;
        private volatile ShareSample? share;

        /// <summary>Its trouble was logged; of the refresh alone.</summary>
        public bool IsDoubted { get; set; }

        public long AskedAt
        {
            get => Interlocked.Read(ref askedAt);
            set => Interlocked.Exchange(ref askedAt, value);
        }

        public Reading? Reading
        {
            get => reading;
            set => reading = value;
        }

        public string? Trouble
        {
            get => trouble;
            set => trouble = value;
        }

        public ShareSample? Share
        {
            get => share;
            set => share = value;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Service} cannot be measured: {Why}")]
    private static partial void InDoubt(ILogger log, string service, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Service} can be measured again")]
    private static partial void Trusted(ILogger log, string service);

    [LoggerMessage(Level = LogLevel.Error, Message = "A round of queries failed inside; what was measured stands still until one succeeds")]
    private static partial void RoundFailed(ILogger log, Exception fault);
}
