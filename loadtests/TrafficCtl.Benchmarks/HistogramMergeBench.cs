using BenchmarkDotNet.Attributes;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Benchmarks;

/// <summary>Windows of many proxies or seconds become one by addition.</summary>
[ShortRunJob, MemoryDiagnoser]
public class HistogramMergeBench
{
    private readonly Counts sum = new();
    private readonly Counts window = new();

    [GlobalSetup]
    public void Fill()
    {
        for (var i = 0; i < window.Latency.Length; i++) window.Latency[i] = i;
    }

    [Benchmark]
    public void Add() => sum.Add(window);

    [Benchmark]
    public void Subtract() => sum.Subtract(window);
}
