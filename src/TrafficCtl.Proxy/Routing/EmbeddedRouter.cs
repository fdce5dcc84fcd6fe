using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Signals;
using TrafficCtl.Proxy.Snapshots;

namespace TrafficCtl.Proxy.Routing;

/// <summary>Moves the traffic of this process' own proxy and reads its counters.</summary>
public sealed partial class EmbeddedRouter : ITrafficRouter, IMetricSource, IDisposable
{
    /// <summary>An abort does not wait longer for a disk that hangs.</summary>
    private static readonly TimeSpan LongestSave = TimeSpan.FromSeconds(1);

    private const string LatchesHang = "latch.json is not written yet, for the disk does not answer: the candidate is held at 0 in "
        + "memory, and a restart before it is written would lose that";

    private readonly ServiceRuntimes services;
    private readonly IArmHealthSource health;
    private readonly TimeProvider clock;
    private readonly ILogger<EmbeddedRouter> log;
    private readonly SnapshotFile snapshots;
    private readonly LatchFile latches;
    private readonly double secondsPerTick;
    private readonly string source;
    private readonly Lock configuring = new();
    private readonly KnownRoutes book;
    private readonly Breaker breaker;

    /// <summary>Targets whose first latch of this process was made without knowledge of an earlier one's.</summary>
    private readonly HashSet<TargetKey> doubted = [];

    /// <summary>Latches that the file still holds.</summary>
    private readonly ConcurrentDictionary<TargetKey, Latch> opened = new();

    internal EmbeddedRouter(
        string dataDirectory, ServiceRuntimes services, IArmHealthSource health, TimeProvider clock, ILogger<EmbeddedRouter> log)
    {
        this.services = services;
        this.health = health;
        this.clock = clock;
        this.log = log;
        secondsPerTick = 1.0 / clock.TimestampFrequency;
        source = Guid.NewGuid().ToString("N")[..16];
        snapshots = new SnapshotFile(dataDirectory, clock, log);
        latches = new LatchFile(dataDirectory, clock, log);
        book = new KnownRoutes(snapshots.Load());
        LastKnown = [.. book.Routes.Values.Select(static r => r.Route)];
        latches.Load();
        breaker = new Breaker(services, health, latches, clock, log, () => snapshots.SaveRest(book));
    }

    /// <summary>The routes of the last snapshot, as they were when this process started: what is known when the store is lost.</summary>
    public ImmutableArray<ServiceRoute> LastKnown { get; private set; }

    /// <summary>
    /// For a start: the specification, with the version that served last as its first where its file lists that no longer and its endpoints
    /// are known.
    /// </summary>
    /// <remarks>
    /// It alone was shown to be good; to send everything to another one because a line is missing would be a release that nobody decided.
    /// </remarks>
    public ServiceSpec Retain(ServiceSpec spec) => book.Retain(spec);

    /// <summary>For a start: gives state that an earlier build saved without an environment to the targets that it is of.</summary>
    public void Adopt(ImmutableArray<ServiceSpec> specs)
    {
        book.Adopt(specs);
        latches.Adopt(specs);
        if (LastKnown.Any(r => FormerKeys.IsOne(r.Key)))
            LastKnown = [.. LastKnown.Select(r => FormerKeys.IsOne(r.Key) && FormerKeys.Resolve(r.Key, r.RolloutId, specs) is { } key
                ? r with { Key = key }
                : r)];
    }

    /// <summary>
    /// Serves these services and no others: at start and at reload. A new service begins with its last known route, else with its birth
    /// stable.
    /// </summary>
    public void Configure(ImmutableArray<ServiceSpec> specs)
    {
        lock (configuring)
        {
            Adopt(specs);
            var held = services.All;
            var next = new Dictionary<TargetKey, ServiceRuntime>();
            foreach (var spec in specs)
            {
                if (held.TryGetValue(spec.Key, out var runtime)) runtime.Reconfigure(spec, Running);
                else runtime = new ServiceRuntime(spec, book.RouteOf(spec), FirstLatch(spec), secondsPerTick);
                book.Follow(spec);
                next.Add(spec.Key, runtime);
            }

            services.Replace(next.ToFrozenDictionary());
            latches.Reserve(next.Count);
            latches.Save();
            breaker.Start();
        }
    }

    public ValueTask<ApplyOutcome> ApplyAsync(ServiceRoute route, CancellationToken stop)
    {
        if (services.Find(route.Key) is not { } runtime) return ValueTask.FromResult(ApplyOutcome.Stale);
        var (before, latchBefore) = (runtime.Current.Route, runtime.Latch);
        var outcome = runtime.Apply(route, Running, out var routeChanged);
        var split = SplitOf(route);
        if (routeChanged && split != SplitOf(before)) LogApplied(route.Key.Name, route.Generation, split);
        if (routeChanged) book.Set(route, runtime.Current.Spec);
        snapshots.SaveSoon(book, routeChanged && Withdraws(before, route));
        if (latchBefore is not null && runtime.Latch != latchBefore) Opened(latchBefore, runtime.Latch);
        Forget();
        return ValueTask.FromResult(outcome);
    }

    /// <summary>Some users who met the candidate meet it no more.</summary>
    private static bool Withdraws(ServiceRoute before, ServiceRoute now) =>
        before.Exposure.ReachesCandidate && (before.RolloutId != now.RolloutId || !now.Exposure.Covers(before.Exposure));

    public async ValueTask<AbortEffect?> AbortAsync(Wish abort, CancellationToken stop)
    {
        if (services.Find(abort.Key) is not { } runtime) return null;
        var latch = runtime.Abort(abort, clock.GetUtcNow());
        latches.Set(latch);
        var serving = runtime.Current;
        LogAborted(abort.Key.Name, serving.Route.Candidate ?? "no candidate", abort.Who, abort.Reason);
        var isSaved = await SaveLatchesAsync(stop);
        return new AbortEffect(
            serving.StableVersion, serving.Route.Candidate, latch.Abort!, isSaved ? null : latches.Problem ?? LatchesHang);
    }

    public ValueTask AnsweredAsync(Wish abort, CancellationToken stop)
    {
        if (services.Find(abort.Key) is not { } runtime || runtime.Latch is not { } before) return ValueTask.CompletedTask;
        runtime.Answered(abort);
        if (runtime.Latch != before) Opened(before, runtime.Latch);
        Forget();
        return ValueTask.CompletedTask;
    }

    public ValueTask<RouterStatus?> ObserveAsync(TargetKey key, CancellationToken stop) => ValueTask.FromResult(Now(key));

    /// <summary>What the proxy does with a target at this moment; null when it is not served here. It never waits.</summary>
    public RouterStatus? Now(TargetKey key)
    {
        if (services.Find(key) is not { } runtime) return null;
        var serving = runtime.Current;
        var latch = runtime.LatchOf(serving);
        var candidate = serving.Route.Candidate is { } version ? health.HealthOf(key, version) : default;
        return new RouterStatus(
            serving.Route, serving.Effective, health.HealthOf(key, serving.StableVersion), candidate,
            latch is { Cause: LatchCause.Breaker } trip ? new BreakerTrip(trip.RolloutId, trip.At, trip.Why) : null,
            snapshots.Problem ?? latches.Problem)
        {
            StandIn = serving.StableVersion == serving.Route.Stable ? null : serving.StableVersion,
            Abort = runtime.Latch is { IsUnanswered: true } held ? held.Abort : null,
            Withheld = latch is { Cause: not LatchCause.Breaker } ? LatchWords.Of(latch, serving.Route) : LatchWords.OfLimit(serving),
        };
    }

    public ValueTask<Reading?> ReadAsync(TargetKey key, CancellationToken stop)
    {
        if (services.Find(key) is not { } runtime) return ValueTask.FromResult<Reading?>(null);
        var measured = runtime.Current.Measured;
        return ValueTask.FromResult<Reading?>(new Reading(
            key, measured.RolloutId, source, clock.GetUtcNow(), measured.ReadArms(),
            measured.ReadUsers(Arm.Stable), measured.ReadUsers(Arm.Candidate))
        {
            IsConcentrated = measured.Concentration.IsFew,
            Top = measured.Concentration.Top,
            TopClient = measured.Concentration.TopClient,
            StableFlow = measured.ReadFlow(Arm.Stable),
            CandidateFlow = measured.ReadFlow(Arm.Candidate),
            LimitedAt = runtime.LimitedAt,
            Paths = PathsOf(runtime),
        });
    }

    /// <summary>Only for a rollout that has none yet: they are chosen once.</summary>
    private static PathGroups? PathsOf(ServiceRuntime runtime) =>
        runtime.Current is { Route: { RolloutId: not null, Paths: null }, Spec.Analysis.Routes: { } grouping }
            ? runtime.Paths.Choose(grouping)
            : null;

    /// <summary>Monotone counters per target since the process started.</summary>
    public ImmutableArray<ServiceTotals> Totals()
    {
        var now = Running;
        return [.. services.All.Values.Select(s => s.ReadTotals(now)).OrderBy(t => t.Key)];
    }

    /// <summary>Stops the breaker's tick; what is served stays as it is.</summary>
    public void Dispose()
    {
        breaker.Dispose();
        snapshots.SaveRest(book);
    }

    /// <summary>The monotonic clock.</summary>
    private TimeSpan Running => clock.GetElapsedTime(0, clock.GetTimestamp());

    /// <summary>
    /// The latch that a service begins with. Where it is unknown what an earlier process held, it holds what that process served.
    /// </summary>
    private Latch? FirstLatch(ServiceSpec spec)
    {
        if (latches.Unknown is not { } why || !doubted.Add(spec.Key)) return latches.Find(spec.Key);
        if (latches.Find(spec.Key) is { } known) return known;
        var route = book.RouteOf(spec);
        var latch = new Latch(spec.Key, Latch.AnyRollout, route.Generation, clock.GetUtcNow(), why) { Cause = LatchCause.Unknown };
        latches.Set(latch);
        return latch;
    }

    /// <summary>
    /// A latch that is opened leaves the file only after the route that opened it is on the disk: else a restart would serve its candidate.
    /// </summary>
    private void Opened(Latch before, Latch? after)
    {
        if (after is not null) latches.Replace(before, after);
        else opened[before.Key] = before;
    }

    private void Forget()
    {
        if (opened.IsEmpty || snapshots.Problem is not null || !snapshots.IsSaved(book)) return;
        foreach (var latch in opened.Values)
            if (opened.TryRemove(KeyValuePair.Create(latch.Key, latch))) latches.Replace(latch, null);
        latches.Save();
    }

    /// <summary>True once all latches are on the disk; false when the disk says no or does not answer. They hold in any case.</summary>
    private async ValueTask<bool> SaveLatchesAsync(CancellationToken stop)
    {
        using var time = new CancellationTokenSource(LongestSave, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, stop);
        try
        {
            while (true)
            {
                // A tick of the breaker may be writing what was closed before: then it is tried once more after it.
                await Task.Run(latches.Save, CancellationToken.None).WaitAsync(either.Token);
                if (latches.IsSaved || latches.Problem is not null) return latches.IsSaved;
                await Task.Delay(TimeSpan.FromMilliseconds(10), clock, either.Token);
            }
        }
        catch (OperationCanceledException)
        {
            return latches.IsSaved;
        }
    }

    private static string SplitOf(ServiceRoute route) =>
        route.Candidate is null ? $"{route.Stable} serves everything" : $"{route.Candidate} at {route.Exposure}, {route.Stable} the rest";

    [LoggerMessage(Level = LogLevel.Information, Message = "{Service}: route {Generation} is in force: {Split}")]
    private partial void LogApplied(string service, long generation, string split);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Service}: {Who} aborted ({Reason}): {Candidate} gets no request from now on")]
    private partial void LogAborted(string service, string candidate, string who, string reason);
}
