using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Signals;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Signals;

public sealed class ArmCellTests
{
    private const double SecondsPerTick = 1e-7;

    private readonly ArmCell cell = new(new UserTable(), SecondsPerTick);

    [Fact]
    public void Sums_exactly_under_contention()
    {
        const int Threads = 8, Each = 50_000;
        var threads = Enumerable.Range(0, Threads).Select(t => new Thread(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                cell.Start();
                cell.End(i % 10 == 0 ? Outcome.ServerError : Outcome.Success, 10_000, 3, 5, 0, hasUser: false);
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();

        var counts = Read();
        Assert.Equal(Threads * Each, counts.Requests);
        Assert.Equal(Threads * Each / 10, counts.Failures);
        Assert.Equal(Threads * Each / 10, counts.CappedFailures);
        Assert.Equal(Threads * Each, counts.Latency[LatencyBuckets.IndexOf(0.001)]);
        Assert.Equal(Threads * Each * 0.001, counts.LatencySum, 6);
        Assert.Equal(3L * Threads * Each, counts.BytesIn);
        Assert.Equal(5L * Threads * Each, counts.BytesOut);
        Assert.Equal(0, counts.InFlight);
    }

    [Fact]
    public void Shows_what_is_in_flight()
    {
        cell.Start();
        cell.Start();
        cell.End(Outcome.Success, 1, 0, 0, 0, false);

        Assert.Equal(1, Read().InFlight);
    }

    [Fact]
    public void Puts_a_met_deadline_into_the_overflow_bucket_whatever_it_took()
    {
        cell.Start();
        cell.End(Outcome.Deadline, 10_000, 0, 0, 0, false);

        Assert.Equal(1, Read().Latency[LatencyBuckets.Overflow]);
        Assert.Equal(1, Read().Failures);
    }

    [Fact]
    public void Counts_a_spill_as_a_failure_without_a_latency()
    {
        cell.Count(Outcome.Spill, 7, hasUser: true);

        var counts = Read();
        Assert.Equal((1, 1, 1, 0), (counts.Requests, counts.Failures, counts.CappedFailures, counts.InFlight));
        Assert.Equal(0, counts.Latency.Sum());
    }

    [Fact]
    public void Leaves_aborts_and_refusals_out_of_requests_latency_and_users()
    {
        cell.Count(Outcome.Refused, 1, hasUser: true);
        cell.Start();
        cell.End(Outcome.ClientAbort, 10_000, 1, 1, 1, true);

        var counts = Read();
        Assert.Equal((0, 0, 0), (counts.Requests, counts.Failures, counts.InFlight));
        Assert.Equal(0, counts.Latency.Sum());
        Assert.Equal(default, cell.ReadPulse() with { Started = 0, Ended = 0 });
    }

    [Fact]
    public void Caps_the_failures_of_one_user_at_three()
    {
        for (var i = 0; i < 10; i++) cell.Count(Outcome.ServerError, 42, hasUser: true);
        cell.Count(Outcome.ServerError, 43, hasUser: true);

        Assert.Equal((11, 4), (Read().Failures, Read().CappedFailures));
    }

    [Fact]
    public void Allocates_nothing_per_request()
    {
        cell.Start();
        cell.End(Outcome.ServerError, 10_000, 1, 1, 1, hasUser: true);
        Assert.Equal(0, Allocations.LeastOf(() =>
        {
            for (uint i = 0; i < 10_000; i++)
            {
                cell.Start();
                cell.End(i % 5 == 0 ? Outcome.Reset : Outcome.Success, i * 100, 1, 1, i, hasUser: true);
            }
        }));
    }

    private Counts Read()
    {
        var counts = new Counts();
        cell.AddTo(counts);
        return counts;
    }
}
