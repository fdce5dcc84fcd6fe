using System.Collections.Frozen;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Delivery;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Signals;

namespace TrafficCtl.Proxy.Routing;

/// <summary>Moves the traffic of this process' own proxy and reads its counters.</summary>
public sealed partial class EmbeddedRouter : ITrafficRouter, IMetricSource, IDisposable
{
    private readonly ServiceRuntimes services;
    private readonly IArmHealthSource health;
    private readonly TimeProvider clock;
    private readonly ILogger<EmbeddedRouter> log;
    private readonly SnapshotFile snapshots;
    private readonly LatchFile latches;
    private readonly double secondsPerTick;
    private readonly string source;
    private readonly Lock configuring = new();
    private readonly RouteBook book;
    private readonly Breaker breaker;

    internal EmbeddedRouter(string dataDirectory, ServiceRuntimes services, IArmHealthSource health, TimeProvider clock, ILogger<EmbeddedRouter> log)
    {
        this.services = services;
        this.health = health;
        this.clock = clock;
        this.log = log;
        secondsPerTick = 1.0 / clock.TimestampFrequency;
        source = Guid.NewGuid().ToString("N")[..16];
        snapshots = new SnapshotFile(dataDirectory, clock, log);
        latches = new LatchFile(dataDirectory, clock, log);
        book = new RouteBook(snapshots.Load());
        LastKnown = [.. book.Routes.Values];
        latches.Load();
        breaker = new Breaker(services, health, latches, clock, log);
    }

    /// <summary>The routes of the last snapshot, as they were when this process started: what is known when the store is lost.</summary>
    public ImmutableArray<ServiceRoute> LastKnown { get; }

    /// <summary>Serves these services and no others: at start and at reload. A new service begins with its last known route, else with its birth stable.</summary>
    public void Configure(ImmutableArray<ServiceSpec> specs)
    {
        lock (configuring)
        {
            var held = services.All;
            var next = new Dictionary<string, ServiceRuntime>(StringComparer.Ordinal);
            foreach (var spec in specs)
            {
                if (held.TryGetValue(spec.Service, out var runtime)) runtime.Reconfigure(spec, clock.GetUtcNow());
                else runtime = new ServiceRuntime(spec, book.RouteOf(spec), latches.Find(spec.Service), secondsPerTick);
                next.Add(spec.Service, runtime);
            }

            services.Replace(next.ToFrozenDictionary(StringComparer.Ordinal));
            breaker.Start();
        }
    }

    public ValueTask<ApplyOutcome> ApplyAsync(ServiceRoute route, CancellationToken stop)
    {
        if (services.Find(route.Service) is not { } runtime) return ValueTask.FromResult(ApplyOutcome.Stale);
        var before = runtime.Current.Route;
        var outcome = runtime.Apply(route, clock.GetUtcNow(), out var routeChanged, out var latchCleared);
        var split = SplitOf(route);
        if (routeChanged && split != SplitOf(before)) LogApplied(route.Service, route.Generation, split);
        if (routeChanged) book.Set(route);
        if (latchCleared is { } cleared)
        {
            latches.Clear(route.Service, cleared.RolloutId);
            latches.Save();
        }

        snapshots.Save(book);
        return ValueTask.FromResult(outcome);
    }

    public ValueTask<RouterStatus?> ObserveAsync(string service, CancellationToken stop)
    {
        if (services.Find(service) is not { } runtime) return ValueTask.FromResult<RouterStatus?>(null);
        var serving = runtime.Current;
        var candidate = serving.Route.Candidate is { } version ? health.HealthOf(service, version) : default;
        return ValueTask.FromResult<RouterStatus?>(new RouterStatus(
            serving.Route, serving.Effective, health.HealthOf(service, serving.StableVersion), candidate,
            runtime.TripOf(serving), snapshots.Problem ?? latches.Problem));
    }

    public ValueTask<Reading?> ReadAsync(string service, CancellationToken stop)
    {
        if (services.Find(service) is not { } runtime) return ValueTask.FromResult<Reading?>(null);
        var measured = runtime.Current.Measured;
        return ValueTask.FromResult<Reading?>(new Reading(
            service, measured.RolloutId, source, clock.GetUtcNow(), measured.ReadArms(),
            measured.ReadUsers(Arm.Stable), measured.ReadUsers(Arm.Candidate))
        {
            StableFlow = measured.ReadFlow(Arm.Stable),
            CandidateFlow = measured.ReadFlow(Arm.Candidate),
        });
    }

    /// <summary>Monotone counters per service since the process started.</summary>
    public ImmutableArray<ServiceTotals> Totals()
    {
        var now = clock.GetUtcNow();
        return [.. services.All.Values.Select(s => s.ReadTotals(now)).OrderBy(t => t.Service, StringComparer.Ordinal)];
    }

    /// <summary>Stops the breaker's tick; what is served stays as it is.</summary>
    public void Dispose() => breaker.Dispose();

    private static string SplitOf(ServiceRoute route) =>
        route.Candidate is null ? $"{route.Stable} serves everything" : $"{route.Candidate} at {route.Exposure}, {route.Stable} the rest";

    [LoggerMessage(Level = LogLevel.Information, Message = "{Service}: route {Generation} is in force: {Split}")]
    private partial void LogApplied(string service, long generation, string split);
}
