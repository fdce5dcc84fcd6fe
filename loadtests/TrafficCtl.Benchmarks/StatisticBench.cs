using BenchmarkDotNet.Attributes;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Benchmarks;

/// <summary>The parts of a look, one tick each.</summary>
[ShortRunJob, MemoryDiagnoser]
public class StatisticBench
{
    private static readonly PairCounts Pair = new(250, 1, 2250, 4);
    private static readonly PairCounts Half = new(250, 120, 2250, 1130);

    private readonly PairE harm = new(PairForm.Rate, Bets.Harm, 1.1, 0.0002, 1.8);
    private readonly PairE nonInferiority = new(PairForm.Rate, Bets.NonInferiority, 1.1, 0.001, 0.75);
    private readonly PairE slower = new(PairForm.Proportion, Bets.HarmOdds, 1, 0, 1.8);
    private readonly RatioCS ratio = new();
    private readonly Dispersion dispersion = new(Spread.Errors, 5);
    private readonly ShiftCS[] shifts = [.. Enumerable.Range(0, 3).Select(_ => new ShiftCS(LatencyBuckets.LogRatio))];
    private readonly SampleRatio shares = new();
    private readonly GaugeE gauge = new(Math.Log(1.1), 1, 1.5);
    private readonly MantelHaenszel strata = new();
    private readonly Counts counts = new();

    [GlobalSetup]
    public void Fill()
    {
        for (var i = 250; i < 330; i++) counts.Latency[i] = 3;
    }

    [Benchmark]
    public void PairHarm() => harm.Step(Pair, 0.002, 1.5, 0.01);

    [Benchmark]
    public void PairNonInferiority() => nonInferiority.Step(Pair, 0.002, 1.5, 0.01);

    [Benchmark]
    public void PairSlower() => slower.Step(Half, 0.5, 1.5, 0.01);

    [Benchmark]
    public void Ratio() => ratio.Step(Pair, 1.5);

    [Benchmark]
    public double Scatter() => dispersion.Step(Pair, 0.1, 0.002, 5, new Phi(1, 1), new Phi(1, 1)).Harm;

    [Benchmark]
    public void ThreeLevelsOfShifts()
    {
        foreach (var shift in shifts) shift.Step(Half, counts, 290, 0, 0.5, 1.5);
    }

    [Benchmark]
    public double ShiftInterval() => shifts[0].Interval(0.05).High;

    [Benchmark]
    public void Share() => shares.Step(250, 2250, 0.1, 1, 0.01);

    [Benchmark]
    public void GaugeBlock() => gauge.Step(0.1, 0.05);

    [Benchmark]
    public void Strata() => strata.Step(Pair);
}
