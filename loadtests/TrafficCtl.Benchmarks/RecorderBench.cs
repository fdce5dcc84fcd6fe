using BenchmarkDotNet.Attributes;
using TrafficCtl.Core.Routing;
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
    private readonly PathGroups groups = PathGroups.Of(
        3, Enumerable.Range(0, PathGroups.Most).Select(i => $"/api/orders/{(char)('a' + (i / 26))}{(char)('a' + (i % 26))}"));
    private readonly PathCells paths;
    private readonly PathSketch sketch = new();
    private readonly Counts sum = new();
    private uint user;
    private long elapsed;

    public RecorderBench() => paths = new PathCells(groups);

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

    /// <summary>The route group of a path of 28 characters, among fifty.</summary>
    [Benchmark]
    public int FindRoute() => groups.Find("/api/orders/aq/4711/lines/12");

    [Benchmark]
    public void OfARoute() => paths.Count("/api/orders/aq/4711/lines/12", Outcome.Success, 0.05, 0, hasUser: false);

    [Benchmark]
    public void LearnARoute() => sketch.Learn("/api/orders/aq/4711/lines/12", 3);

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
