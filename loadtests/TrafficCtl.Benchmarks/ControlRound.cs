using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control;
using TrafficCtl.Control.Looping;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Recording;
using TrafficCtl.Control.Targets;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Benchmarks;

/// <summary>
/// 10,000 active rollouts on in-memory ports: what a full round of the controller costs. Budget: 1 s on two cores, 1 GiB.
/// </summary>
internal static class ControlRound
{
    /// <param name="records">Windows are recorded.</param>
    /// <param name="routes">Route groups that each service's traffic is spread over; 0 for none.</param>
    /// <param name="keepsDeltas">The store keeps checkpoints that say only what came since a whole one.</param>
    /// <param name="rollouts">Active ones.</param>
    /// <param name="rounds">Measured ones, of a second each.</param>
    public static async Task RunAsync(
        bool records, int routes = 0, bool keepsDeltas = true, int rollouts = 10_000, int rounds = 25)
    {
        var clock = new SteppedClock();
        var ports = new MemoryPorts(clock, routes, keepsDeltas);
        await using var process = new ServiceCollection()
            .AddSingleton<TimeProvider>(clock)
            .AddSingleton<IStore>(ports)
            .AddSingleton<ITrafficRouter>(ports)
            .AddSingleton<IMetricSource>(ports)
            .AddSingleton(RecordingSettings.Default with { Keep = records ? RecordingSettings.DefaultKeep : TimeSpan.Zero })
            .AddLogging(l => l.SetMinimumLevel(LogLevel.None))
            .AddControl()
            .AddTargets<EmbeddedTarget>(_ => new TargetDriver(ports, ports, [], Abilities.Embedded()))
            .BuildServiceProvider();
        var loop = process.GetRequiredService<ControlLoop>();
        loop.SetServices([.. Enumerable.Range(0, rollouts).Select(Spec)]);
        while (await loop.TurnAsync(default))
        {
        }

        var took = new double[rounds];
        var allocated = new double[rounds];
        for (var round = 0; round < rounds; round++)
        {
            clock.Step(TimeSpan.FromSeconds(1));
            ports.Flow();
            var before = GC.GetTotalAllocatedBytes();
            var start = Stopwatch.GetTimestamp();
            while (await loop.TurnAsync(default))
            {
            }

            took[round] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            allocated[round] = (GC.GetTotalAllocatedBytes() - before) / 1e6;
        }

        var sorted = took.Order().ToArray();
        using var self = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{rollouts} rollouts, {rounds} rounds, {(records ? "recording" : "not recording")}: median {sorted[rounds / 2]:F0} ms, "
                + $"longest {sorted[^1]:F0} ms, allocated {allocated.Order().ElementAt(rounds / 2):F1} MB a round, resident "
                + $"{self.WorkingSet64 >> 20} MiB (peak {self.PeakWorkingSet64 >> 20}; {GC.GetTotalMemory(true) >> 20} alive), "
                + $"{ports.Commits} commits, {ports.Checkpoints} checkpoints, {ports.Ticks} ticks recorded in "
                + $"{ports.WindowBytes / Math.Max(1, ports.Ticks)} bytes each; beside them a checkpoint writes "
                + $"{ports.EvidenceBytes / Math.Max(1, ports.Checkpoints)} bytes"));
        Console.WriteLine("each round in ms: " + string.Join(' ', took.Select(t => t.ToString("F0", CultureInfo.InvariantCulture))));
    }

    private static ServiceSpec Spec(int number) => new()
    {
        Service = $"service{number}",
        Target = new EmbeddedTarget
        {
            Listen = new Listener("localhost", 0, null),
        },
        Versions = [new VersionSpec("v1", [new Uri("http://localhost:1")]), new VersionSpec("v2", [new Uri("http://localhost:2")])],
        Stable = "v1",
        Plan = new Plan { Steps = [new Step(null, Weights.OfCandidate(2500), TimeSpan.FromHours(1), MinimumEvidence.Default)] },
    };

    private sealed class SteppedClock : TimeProvider
    {
        private DateTimeOffset now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Step(TimeSpan by) => now += by;

        public override DateTimeOffset GetUtcNow() => now;

        public override long GetTimestamp() => now.UtcTicks;
    }

    /// <summary>All three ports: one shared pair of counters serves every service, as their owner may.</summary>
    private sealed class MemoryPorts(TimeProvider clock, int groups, bool keepsDeltas) : IStore, ITrafficRouter, IMetricSource
    {
        private readonly PathGroups? paths = groups == 0
            ? null
            : PathGroups.Of(1, Enumerable.Range(0, groups).Select(i => $"/{(char)('a' + (i / 26))}{(char)('a' + (i % 26))}"));

        private readonly Dictionary<TargetKey, ServiceRecord> records = [];
        private readonly Dictionary<TargetKey, ServiceRoute> routes = [];
        private readonly Counts stable = new();
        private readonly Counts candidate = new();
        private readonly Random random = new(1);

        public bool CommitsTogether => true;

        public TimeSpan CheckpointEvery => TimeSpan.FromSeconds(10);

        public bool KeepsDeltas => keepsDeltas;

        public int Commits { get; private set; }

        public int Checkpoints { get; private set; }

        public long EvidenceBytes { get; private set; }

        public long Ticks { get; private set; }

        public long WindowBytes { get; private set; }

        public void Flow()
        {
            Add(stable, 75);
            Add(candidate, 25);
        }

        public ValueTask<Reading?> ReadAsync(TargetKey key, CancellationToken stop) => ValueTask.FromResult<Reading?>(new Reading(
            key, routes.GetValueOrDefault(key)?.RolloutId, "memory", clock.GetUtcNow(),
            [new ArmReading(Arm.Stable, null, stable), new ArmReading(Arm.Candidate, null, candidate)], default, default)
        {
            Paths = paths,
        });

        /// <summary>Nobody aborts here.</summary>
        public ValueTask<AbortEffect?> AbortAsync(Wish abort, CancellationToken stop) => ValueTask.FromResult<AbortEffect?>(null);

        public ValueTask AnsweredAsync(Wish abort, CancellationToken stop) => ValueTask.CompletedTask;

        public ValueTask<ApplyOutcome> ApplyAsync(ServiceRoute route, CancellationToken stop)
        {
            routes[route.Key] = route;
            return ValueTask.FromResult(ApplyOutcome.Applied);
        }

        public ValueTask<RouterStatus?> ObserveAsync(TargetKey key, CancellationToken stop) => ValueTask.FromResult(
            routes.TryGetValue(key, out var route)
                ? new RouterStatus(route, route.Exposure, new ArmHealth(1, 1, 1, null), new ArmHealth(1, 1, 1, null), null)
                : null);

        public ValueTask<ServiceRecord?> LoadAsync(TargetKey key, CancellationToken stop) =>
            ValueTask.FromResult(records.GetValueOrDefault(key));

        public ValueTask CommitAsync(ImmutableArray<Commit> commits, CancellationToken stop)
        {
            foreach (var commit in commits) records[commit.Record.Key] = commit.Record;
            Commits += commits.Length;
            return ValueTask.CompletedTask;
        }

        public ValueTask CheckpointAsync(ImmutableArray<Checkpoint> checkpoints, CancellationToken stop)
        {
            Checkpoints += checkpoints.Length;
            foreach (var checkpoint in checkpoints) EvidenceBytes += checkpoint.Evidence.Length;
            foreach (var checkpoint in checkpoints)
                if (checkpoint.Windows is { } windows) (Ticks, WindowBytes) = (Ticks + windows.Count, WindowBytes + windows.Data.Length);
            return ValueTask.CompletedTask;
        }

        public ValueTask<Wish> RecordWishAsync(Wish wish, CancellationToken stop) => ValueTask.FromResult(wish);

        public ValueTask<ImmutableArray<Wish>> PendingWishesAsync(TargetKey key, CancellationToken stop) =>
            ValueTask.FromResult(ImmutableArray<Wish>.Empty);

        public ValueTask<ImmutableArray<Fact>> FactsAsync(FactQuery query, CancellationToken stop) =>
            ValueTask.FromResult(ImmutableArray<Fact>.Empty);

        public ValueTask<ImmutableArray<RecordedRollout>> RecordingsAsync(RecordingQuery query, CancellationToken stop) =>
            ValueTask.FromResult(ImmutableArray<RecordedRollout>.Empty);

        public ValueTask<ImmutableArray<ReadOnlyMemory<byte>>> WindowsAsync(string rolloutId, long from, CancellationToken stop) =>
            ValueTask.FromResult(ImmutableArray<ReadOnlyMemory<byte>>.Empty);

        public ValueTask<WindowStock> PruneAsync(WindowRetention retention, CancellationToken stop) =>
            ValueTask.FromResult(default(WindowStock));

        private void Add(Counts to, int requests)
        {
            to.ByOutcome[0] += requests;
            to.Started += requests;
            to.Ended += requests;
            for (var i = 0; i < requests; i++)
            {
                var seconds =
                    0.02 * Math.Exp(0.25 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
                to.Latency[LatencyBuckets.IndexOf(seconds)]++;
                to.LatencySum += seconds;
                if (paths is null) continue;
                var (counts, group) = (to.ByPath(paths.Count), random.Next(paths.Count));
                counts[group, PathCount.Requests]++;
                counts[group, PathCount.ClientRequests]++;
                counts.Times(group)[PathBuckets.IndexOf(seconds)]++;
            }
        }
    }
}
