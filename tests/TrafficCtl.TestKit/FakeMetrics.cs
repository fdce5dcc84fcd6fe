using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.TestKit;

/// <summary>How one arm answers.</summary>
/// <param name="ErrorRatio">0..1 of requests.</param>
/// <param name="Slowdown">Factor on every latency.</param>
public readonly record struct ArmScript(double ErrorRatio = 0, double Slowdown = 1);

/// <summary>
/// Scripted traffic through a <see cref="FakeRouter"/>: exact shares, exact error ratios, one fixed shape of latency (median 20 ms).
/// </summary>
public sealed class FakeMetrics(FakeRouter router, TimeProvider clock, PortCalls? calls = null) : IMetricSource
{
    private static readonly double[] Shape =
        [.. Enumerable.Range(0, 101).Select(i => 0.020 * Math.Exp(0.25 * NormalQuantile((i + 0.5) / 101)))];

    private readonly PortCalls calls = calls ?? new PortCalls();
    private readonly Dictionary<TargetKey, Cells> cells = [];
    private int lives = 1;
    private int grouping;

    public bool IsGone { get; set; }

    /// <summary>When the candidate last got less than it was asked to get.</summary>
    public DateTimeOffset? LimitedAt { get; set; }

    /// <summary>Copies of requests are counted on the candidate.</summary>
    public bool CountsCopies { get; set; } = true;

    /// <summary>Requests per second of each service.</summary>
    public double Rate { get; set; } = 1000;

    public ArmScript Stable { get; set; } = new(ErrorRatio: 0);

    public ArmScript Candidate { get; set; } = new(ErrorRatio: 0);

    /// <summary>
    /// Instances of stable that are measured apart, each with a script of its own and the same share; none to follow <see cref="Stable"/>.
    /// At most <see cref="Tick.MostPlacebos"/>.
    /// </summary>
    public ImmutableArray<ArmScript> StableInstances { get; set; } = [];

    /// <summary>Other instances are grouped from now on; what the groups counted so far is of none of them.</summary>
    public void Regroup(params ArmScript[] instances)
    {
        foreach (var cell in cells.Values) cell.Dissolve();
        (StableInstances, grouping) = ([.. instances], grouping + 1);
    }

    /// <summary>What stable's traffic would be grouped by; null where paths are not measured.</summary>
    public PathGroups? Paths { get; set; }

    /// <summary>The process that counted died: all counters begin anew.</summary>
    public void Restart()
    {
        lives++;
        cells.Clear();
    }

    /// <summary>Traffic of an interval, split as the router does now.</summary>
    public void Flow(string service, TimeSpan interval) => Flow(Keys.Of(service), interval);

    /// <summary>Traffic of an interval, split as the router does now.</summary>
    public void Flow(TargetKey key, TimeSpan interval)
    {
        if (router.Find(key) is not { } route) return;
        var cell = CellsOf(key, route.RolloutId);
        var share = router.Effective(key).General.Fraction;
        var requests = Rate * interval.TotalSeconds;
        var copied = CountsCopies ? router.Effective(key).Shadow.GetValueOrDefault().Fraction : 0;
        foreach (var (i, script) in StableInstances.Index())
            cell.Serve(Cells.Group + i, requests * (1 - share) / StableInstances.Length, script, route.Paths);
        if (StableInstances.Length == 0) cell.Serve(Cells.Stable, requests * (1 - share), Stable, route.Paths);
        cell.Serve(Cells.Candidate, requests * (share + copied), Candidate, route.Paths);
    }

    public ValueTask<Reading?> ReadAsync(TargetKey key, CancellationToken stop)
    {
        try
        {
            return ValueTask.FromResult(calls.Make(() => Read(key), Gone, "metrics", nameof(ReadAsync)));
        }
        catch (Exception fault)
        {
            return ValueTask.FromException<Reading?>(fault);
        }
    }

    private static IOException Gone() => new("the fake counters are gone");

    private Reading? Read(TargetKey key)
    {
        if (IsGone) throw Gone();
        if (router.Find(key) is not { } route) return null;
        var cell = CellsOf(key, route.RolloutId);
        return new Reading(
            key, route.RolloutId, $"life {lives}", clock.GetUtcNow(),
            [
                new ArmReading(Arm.Stable, null, cell.Counts[Cells.Stable]),
                new ArmReading(Arm.Candidate, null, cell.Counts[Cells.Candidate]),
                .. StableInstances.Select((_, i) => new ArmReading(Arm.Stable, null, cell.Counts[Cells.Group + i]) { Group = i }),
            ],
            cell.Users(Arm.Stable), cell.Users(Arm.Candidate))
        {
            Grouping = grouping,
            StableFlow = cell.Flow(Arm.Stable),
            CandidateFlow = cell.Flow(Arm.Candidate),
            LimitedAt = LimitedAt,
            Paths = route is { RolloutId: not null, Paths: null } ? Paths : null,
        };
    }

    private Cells CellsOf(TargetKey key, string? rolloutId)
    {
        if (!cells.TryGetValue(key, out var held) || held.RolloutId != rolloutId) cells[key] = held = new Cells(rolloutId);
        return held;
    }

    /// <summary>Acklam's approximation, good to 1e-9 relative in the middle and enough in the tails.</summary>
    private static double NormalQuantile(double p)
    {
        if (p > 0.5) return -NormalQuantile(1 - p);
        var t = Math.Sqrt(-2 * Math.Log(p));
        return -(t - ((2.515517 + (0.802853 * t) + (0.010328 * t * t)) / (1
            + (1.432788 * t)
            + (0.189269 * t * t)
            + (0.001308 * t * t * t))));
    }

    private sealed class Cells(string? rolloutId)
    {
        public string? RolloutId => rolloutId;

        public const int Stable = 0, Candidate = 1, Group = 2;

        private const int All = Group + Tick.MostPlacebos;

        public Counts[] Counts { get; } = [.. Enumerable.Range(0, All).Select(_ => new Counts())];

        // Requests not served yet, less than one after each call; failures alike.
        private readonly double[] due = new double[All], failuresDue = new double[All];
        private readonly int[] next = new int[All];

        public void Serve(int part, double requests, ArmScript script, PathGroups? paths)
        {
            for (due[part] += requests; due[part] >= 1; due[part]--)
            {
                failuresDue[part] += script.ErrorRatio;
                var fails = failuresDue[part] >= 1;
                if (fails) failuresDue[part]--;
                var counts = Counts[part];
                var seconds = Shape[next[part]++ * 37 % Shape.Length] * script.Slowdown;
                counts.ByOutcome[(int)(fails ? Outcome.ServerError : Outcome.Success)]++;
                counts.CappedFailures += fails ? 1 : 0;
                counts.Latency[LatencyBuckets.IndexOf(seconds)]++;
                counts.LatencySum += seconds;
                counts.Started++;
                counts.Ended++;
                if (paths is not null) Count(counts.ByPath(paths.Count), next[part] % paths.Count, fails, seconds);
            }
        }

        /// <summary>Each route gets as many; every request is its own user.</summary>
        private static void Count(PathCounts paths, int group, bool fails, double seconds)
        {
            paths[group, PathCount.Requests]++;
            paths[group, PathCount.ClientRequests]++;
            paths.Times(group)[PathBuckets.IndexOf(seconds)]++;
            if (!fails) return;
            paths[group, PathCount.Failures]++;
            paths[group, PathCount.FailingUsers] |= 1L << (int)(paths[group, PathCount.Failures] % 64);
        }

        public void Dissolve()
        {
            for (var part = Group; part < All; part++)
            {
                Counts[Stable].Add(Counts[part]);
                Counts[part].Clear();
            }
        }

        public UserFlow Flow(Arm arm) => new(Of(arm).Sum(c => c.Requests), 0);

        /// <summary>Every request is its own user.</summary>
        public UserCounts Users(Arm arm)
        {
            var (requests, failures) = (Of(arm).Sum(c => c.Requests), Of(arm).Sum(c => c.Failures));
            return new UserCounts(requests, failures, failures, failures, 0, 0, false);
        }

        private IEnumerable<Counts> Of(Arm arm) => Counts.Where((_, part) => part == Candidate == (arm == Arm.Candidate));
    }
}
