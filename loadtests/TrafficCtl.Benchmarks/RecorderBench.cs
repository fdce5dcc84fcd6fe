using BenchmarkDotNet.Attributes;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Signals;

namespace TrafficCtl.Benchmarks;

/// <summary>What one request costs to count: dispatch and end; 0 bytes.</summary>
[ShortRunJob, MemoryDiagnoser]
public class RecorderBench
{
    private const string Instance = "http://a/";

    private readonly ArmCell cell = new(new UserTable(), 1e-9);
    private readonly ArmCell grouped = new(
        new UserTable(), 1e-9, groups: InstanceGroups.Of(Version(Instance, "http://b/"), Version("http://c/")));
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
    public void OfAGroup()
    {
        grouped.Start();
        grouped.End(Outcome.Success, Next(), 0, 1024, 0, hasUser: false, Instance);
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

    private static VersionSpec Version(params string[] endpoints) => new("v", [.. endpoints.Select(e => new Uri(e))]);

    private long Next() => elapsed = (elapsed + 7_919_993) & 0xFFF_FFFF;
}
