using BenchmarkDotNet.Attributes;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Benchmarks;

/// <summary>One look at both arms; the budget of a tick is 10 µs.</summary>
[ShortRunJob, MemoryDiagnoser]
public class JudgeBench
{
    private readonly Judge judge = new(Analysis.Default, new Baseline());
    private readonly Tick[] ticks = new Tick[64];
    private int at;

    /// <summary>Ticks of 5 s at 500 requests/s and 10 %: 0.2 % errors, latency lognormal around 50 ms with sigma 0.5.</summary>
    [GlobalSetup]
    public void Fill()
    {
        var random = new Random(42);
        for (var i = 0; i < ticks.Length; i++)
            ticks[i] = new Tick(5, Arm(random, 2_250), Arm(random, 250), Weights.OfCandidate(1_000), default, default);
        for (var i = 0; i < 1_000; i++) Observe();
    }

    [Benchmark]
    public void Observe() => judge.Observe(ticks[at++ & 63]);

    [Benchmark]
    public Judgement Decide() => judge.Decide(Weights.OfCandidate(2_500));

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
