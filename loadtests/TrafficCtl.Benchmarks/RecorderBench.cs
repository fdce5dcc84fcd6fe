using BenchmarkDotNet.Attributes;
using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Signals;

namespace TrafficCtl.Benchmarks;

/// <summary>What one request costs to count: dispatch and end; 0 bytes.</summary>
[ShortRunJob, MemoryDiagnoser]
public class RecorderBench
{
    private readonly ArmCell cell = new(new UserTable(), 1e-9);
    private readonly Counts sum = new();
    private uint user;
    private long elapsed;

    [Benchmark(Baseline = true)]
    public void Anonymous()
    {
        cell.Start();
        cell.End(Outcome.Success, Next(), 0, 1024, 0, hasUser: false);
    }

    [Benchmark]
    public void KnownUser()
    {
        cell.Start();
        cell.End(Outcome.Success, Next(), 0, 1024, ++user % 20_000 * 2_654_435_761, hasUser: true);
    }

    [Benchmark]
    public void UsersBeyondTheTable()
    {
        cell.Start();
        cell.End(Outcome.Success, Next(), 0, 1024, ++user * 2_654_435_761, hasUser: true);
    }

    [Benchmark]
    public int LatencyBucket() => LatencyIndex.Of(Next() * 1e-9);

    [Benchmark]
    public long FoldCell()
    {
        sum.Clear();
        cell.AddTo(sum);
        return sum.Ended;
    }

    private long Next() => elapsed = (elapsed + 7_919_993) & 0xFFF_FFFF;
}
