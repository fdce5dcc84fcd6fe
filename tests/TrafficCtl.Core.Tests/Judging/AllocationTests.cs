using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Judging.Signals;
using TrafficCtl.Core.Signals;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging;

public class AllocationTests
{
    [Fact]
    public void Steps_of_the_statistics_allocate_nothing()
    {
        var gauge = new Gauge(Direction.Both, 0.15, 1.5, 0.7, limit: 1000);
        var (shares, users, ratio, shift) =
            (new SampleRatio(), new RequestsPerUser(), new MantelHaenszel(), new ShiftCS(LatencyBuckets.LogRatio));
        var counts = new Counts();
        Array.Fill(counts.Latency, 3);
        Array.Fill(counts.Abandon(), 1);
        var pair = new PairCounts(100, 3, 900, 20);
        Round(0);
        Assert.Equal(0, Allocations.LeastOf(() =>
        {
            for (var i = 1; i < 500; i++) Round(i);
        }));

        void Round(int i)
        {
            gauge.Observe(new MetricPair(100, 110 + i), 60, 1000 + (60 * i));
            shares.Step(100, 900, 0.1, 1, 0.01);
            users.Step(pair, 2, 0.01);
            ratio.Step(pair);
            shift.Step(pair, counts, 300, 0.5, 0.02, 1.5);
            shift.Interval(0.05);
            _ = gauge.HarmLogE + gauge.NonInferiorityLogE + users.LogE;
            _ = gauge.Trend!.IsLeaking;
        }
    }
}
