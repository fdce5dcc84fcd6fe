using BenchmarkDotNet.Attributes;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Benchmarks;

/// <summary>One look at both arms; the budget of a tick with four signals (errors, latency, users, saturation) is 10 µs.</summary>
[ShortRunJob, MemoryDiagnoser]
public class JudgeBench
{
    private static readonly Analysis Everything = Analysis.Default with
    {
        Users = new UserTolerance(),
        Metrics = [new MetricTolerance("cpu", Direction.Lower, 0.15)],
    };

    private readonly Judge judge = new(Everything, new Baseline());
    private readonly Judge guarded = new(Everything, new Baseline());
    private readonly Judge usual = new(Analysis.Default, new Baseline());
    private readonly Judge told = new(Analysis.Default, new Baseline());
    private readonly PathGroups groups = PathGroups.Of(
        1, Enumerable.Range(0, PathGroups.Most).Select(i => $"/{(char)('a' + (i / 26))}{(char)('a' + (i % 26))}"));
    private readonly Judge routed;
    private readonly Tick[] routes = new Tick[64];
    private readonly Tick[] ticks = new Tick[64];
    private readonly Tick[] toldTicks = new Tick[64];
    private readonly Tick[] placebos = new Tick[64];
    private int at;

    public JudgeBench() => routed = new Judge(Analysis.Default, new Baseline(), groups);

    /// <summary>Ticks of 5 s at 500 requests/s and 10 %: 0.2 % errors, latency lognormal around 50 ms with sigma 0.5.</summary>
    [GlobalSetup]
    public void Fill()
    {
        var random = new Random(42);
        for (var i = 0; i < ticks.Length; i++)
        {
            ticks[i] = new Tick(5, Arm(random, 2_250), Arm(random, 250), Weights.OfCandidate(1_000), default, default)
            {
                StableFlow = new UserFlow(180, random.Next(2)),
                CandidateFlow = new UserFlow(20, random.Next(9) == 0 ? 1 : 0),
                Metrics = [new MetricPair(1, 0.95 + (0.1 * random.NextDouble()))],
            };
            toldTicks[i] = ticks[i] with { Stable = Told(random, 2_250), Candidate = Told(random, 250) };
            routes[i] = new Tick(5, Routed(Arm(random, 2_250)), Routed(Arm(random, 250)), Weights.OfCandidate(1_000), default, default)
            {
                Paths = groups,
            };
            placebos[i] = ticks[i] with { Placebos = [Arm(random, 250), Arm(random, 250)] };
        }

        for (var i = 0; i < 1_000; i++)
        {
            Observe();
            ObserveTwoSignals();
            ObserveFourSignals();
            ObserveWithPlacebos();
            ObserveFiftyRoutes();
        }
    }

    [Benchmark]
    public void Observe() => judge.Observe(ticks[at++ & 63]);

    /// <summary>Errors and latency alone, as in a delivery file that says no more.</summary>
    [Benchmark]
    public void ObserveTwoSignals() => usual.Observe(ticks[at++ & 63]);

    /// <summary>Client errors and response sizes too, as the embedded proxy tells them.</summary>
    [Benchmark]
    public void ObserveFourSignals() => told.Observe(toldTicks[at++ & 63]);

    [Benchmark]
    public void ObserveWithPlacebos() => guarded.Observe(placebos[at++ & 63]);

    /// <summary>Errors and latency, of all requests and in fifty routes and the rest; its budget is 40 µs.</summary>
    [Benchmark]
    public void ObserveFiftyRoutes() => routed.Observe(routes[at++ & 63]);

    [Benchmark]
    public Verdict VerdictAlone() => judge.VerdictFor(Weights.OfCandidate(2_500));

    [Benchmark]
    public Judgement Decide() => judge.Decide(Weights.OfCandidate(2_500));

    private static Counts Told(Random random, int requests)
    {
        var counts = Arm(random, requests);
        var refused = requests / 50;
        counts.TellsClientErrors = true;
        counts.ByOutcome[(int)Outcome.Success] -= refused;
        counts.ByOutcome[(int)Outcome.ClientError] = counts.CappedClientErrors = refused;
        counts.Statuses()[ClientStatuses.IndexOf(404)] = refused;
        for (var i = refused; i < requests; i++) counts.Measure()[SizeBuckets.IndexOf(random.Next(1000, 100_000))]++;
        return counts;
    }

    /// <summary>Every request on one route after the other.</summary>
    private Counts Routed(Counts counts)
    {
        var (paths, next) = (counts.ByPath(groups.Count), 0);
        for (var bucket = 0; bucket < counts.Latency.Length; bucket++)
        {
            for (var i = 0L; i < counts.Latency[bucket]; i++)
            {
                var group = next++ % groups.Count;
                paths[group, PathCount.Requests]++;
                paths.Times(group)[PathBuckets.OfFine(bucket)]++;
            }
        }

        for (var i = 0L; i < counts.CappedFailures; i++)
            (paths[(int)i, PathCount.Failures], paths[(int)i, PathCount.FailingUsers]) = (1, -1);
        return counts;
    }

    private static Counts Arm(Random random, int requests)
    {
        var counts = new Counts();
        for (var i = 0; i < requests; i++)
        {
            var outcome = random.NextDouble() < 0.002 ? Outcome.ServerError : Outcome.Success;
            counts.ByOutcome[(int)outcome]++;
            if (outcome.IsFailure()) counts.CappedFailures++;
            var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            counts.Latency[LatencyBuckets.IndexOf(0.05 * Math.Exp(0.5 * normal))]++;
        }

        return counts;
    }
}
