using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Signals;
using TrafficCtl.Proxy.Tests.Routing;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Signals;

public sealed class UsualTimeTests
{
    private const double SecondsPerTick = 1e-7;

    [Fact]
    public void Is_the_upper_edge_of_the_bucket_that_holds_the_last_answer_of_ninety_nine()
    {
        var (usual, counts) = (new UsualTime(), new Counts());
        counts.Latency[100] = 98;
        counts.Latency[200] = 1;
        usual.Learn(counts, SecondsPerTick);
        Assert.Equal(UsualTime.Unknown, usual.Ticks);

        counts.Latency[300] = 1;
        // What met its deadline was not answered.
        counts.Latency[LatencyBuckets.Overflow] = 1000;
        usual.Learn(counts, SecondsPerTick);
        Assert.Equal((long)(LatencyBuckets.UpperSeconds(200) / SecondsPerTick), usual.Ticks);

        usual.Learn(new Counts(), SecondsPerTick);
        Assert.Equal((long)(LatencyBuckets.UpperSeconds(200) / SecondsPerTick), usual.Ticks);
    }

    [Fact]
    public void Is_known_from_before_the_rollout_and_follows_stable_during_it()
    {
        using var bench = new Bench();
        bench.Send(Arm.Stable, 100);
        bench.Apply(Bench.Route(1, 500));
        Assert.Equal((0, 1), (Late(bench, 0.0009), Late(bench, 0.0011)));

        var slow = bench.Serving.Cell(Arm.Stable, 0);
        for (var i = 0; i < 200; i++)
        {
            slow.Start();
            slow.End(Outcome.Success, bench.Ticks(0.5), 0, 0, 0, false);
        }

        for (var i = 0; i < 20; i++) bench.Tick();
        Assert.Equal((0, 1), (Late(bench, 0.4), Late(bench, 0.6)));
    }

    /// <summary>Whether a client that leaves the candidate then leaves late.</summary>
    private static long Late(Bench bench, double seconds)
    {
        var before = bench.Read().Arms.Sum(a => a.Counts.Late);
        bench.Leave(Arm.Candidate, 1, seconds);
        return bench.Read().Arms.Sum(a => a.Counts.Late) - before;
    }
}
