using BenchmarkDotNet.Attributes;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Benchmarks;

/// <summary>Identity to arm; the budget is 100 ns and 0 bytes.</summary>
[ShortRunJob, MemoryDiagnoser]
public class AssignmentBench
{
    private readonly Assignment assignment = new("checkout-default-42");
    private readonly Weights weights = Weights.OfCandidate(500);

    [Params("u-4711", "9b2f1c1e-5a52-4f0e-8d57-0a3c1f9be7aa", "käufer-ß-漢字-0815")]
    public string Key { get; set; } = "";

    [Benchmark]
    public Arm Assign() => Assignment.Choose(assignment.Bucket(Key), weights);
}
