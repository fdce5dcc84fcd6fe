using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Signals;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Signals;

public sealed class ArmCellTests
{
    private const double SecondsPerTick = 1e-7;

    private readonly ArmCell cell = new(new UserTable(), SecondsPerTick);

    /// <summary>The counters of a cell are seven kilobytes for each processor, and most of ten thousand services are quiet.</summary>
    [Fact]
    public void A_cell_without_requests_holds_no_counters_and_reading_it_makes_none()
    {
        var (users, before) = (new UserTable(), GC.GetAllocatedBytesForCurrentThread());
        var quiet = new ArmCell(users, SecondsPerTick);
        var counts = new Counts();
        quiet.AddTo(counts);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 1024);
        Assert.Equal((default, 0L), (quiet.ReadPulse(), counts.Started));
    }

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
    public void Tells_a_wait_that_was_abandoned_apart_and_times_an_answer_that_stopped()
    {
        var timed = new ArmCell(new UserTable(), SecondsPerTick, new UsualTime((long)(0.2 / SecondsPerTick)));
        Leave(timed, WaitFor.Answer, 0.1, user: 1);
        Leave(timed, WaitFor.Rest, 0.1, user: 1);
        Leave(timed, WaitFor.Rest, 0.25, user: 1);

        var counts = new Counts();
        timed.AddTo(counts);
        Assert.Equal((0, 0, 1, 0), (counts.Requests, counts.Failures, counts.Late, counts.InFlight));
        Assert.Equal((1, 1), (counts.AbandonedTotal, counts.Abandoned![LatencyBuckets.IndexOf(0.1)]));
        Assert.Equal((1, 1), (counts.Latency.Sum(), counts.Latency[LatencyBuckets.IndexOf(0.25)]));
    }

    [Fact]
    public void Takes_a_client_that_left_late_for_a_failure_of_its_user_and_one_that_left_soon_for_nothing()
    {
        var (users, usual) = (new UserTable(), new UsualTime((long)(0.1 / SecondsPerTick)));
        var timed = new ArmCell(users, SecondsPerTick, usual);
        for (var i = 0; i < 5; i++) Leave(timed, WaitFor.Answer, 2, user: 1);
        Leave(timed, WaitFor.Rest, 2, user: 2);
        Leave(timed, WaitFor.Answer, 0.09, user: 3);
        Leave(timed, WaitFor.Client, 2, user: 4);
        Leave(timed, WaitFor.Answer, 2, user: null);

        var counts = new Counts();
        timed.AddTo(counts);
        Assert.Equal((7, 5), (counts.Late, counts.CappedLate));
        Assert.Equal((0, 0, 0), (counts.Requests, counts.Failures, counts.CappedFailures));
        var pulse = timed.ReadPulse();
        Assert.Equal((7, 7, 7, 1, 1), (pulse.Requests, pulse.Failures, pulse.Late, pulse.Anonymous, pulse.AnonymousFailures));
        Assert.Equal(new UserCounts(2, 4, 10, 2, 1, 2, false), users.Fold(0, 0));
    }

    [Fact]
    public void Caps_the_failures_of_one_user_at_three()
    {
        for (var i = 0; i < 10; i++) cell.Count(Outcome.ServerError, 42, hasUser: true);
        cell.Count(Outcome.ServerError, 43, hasUser: true);

        Assert.Equal((11, 4), (Read().Failures, Read().CappedFailures));
    }

    [Fact]
    public void Leaves_a_user_out_of_all_that_is_judged_after_its_third_failure()
    {
        for (var i = 0; i < 10; i++)
        {
            cell.Start();
            cell.End(Outcome.Deadline, 10_000, 0, 0, 42, hasUser: true);
        }

        cell.Start();
        cell.End(Outcome.Success, 10_000, 0, 0, 42, hasUser: true);
        Leave(cell, WaitFor.Answer, 1, user: 42);
        cell.Start();
        cell.End(Outcome.Success, 10_000, 0, 0, 43, hasUser: true);

        var counts = Read();
        Assert.Equal((12, 8, 4, 3), (counts.Requests, counts.Excess, counts.Weighed, counts.CappedFailures));
        Assert.Equal((4, 8), (counts.Latency.Sum(), counts.Surplus!.Sum()));
        Assert.Equal((0, 1), (counts.AbandonedTotal, counts.SurplusAbandoned!.Sum()));
        var pulse = cell.ReadPulse();
        Assert.Equal((12, 10), (pulse.Requests, pulse.Failures));
        Assert.Equal((4, 3), (pulse.Weighed(isCapped: true).Requests, pulse.Weighed(isCapped: true).Failures));
        Assert.Equal(pulse, pulse.Weighed(isCapped: false));

        counts.CountAll();
        Assert.Equal((12, 0, 10), (counts.Weighed, counts.Excess, counts.CappedFailures));
        Assert.Equal((12, 1), (counts.Latency.Sum(), counts.AbandonedTotal));
    }

    [Fact]
    public void Counts_client_errors_by_status_and_a_user_up_to_its_third_of_them_apart_from_its_failures()
    {
        for (var i = 0; i < 10; i++) Refuse(404, user: 42);
        Refuse(429, user: 43);
        Refuse(418, user: null);
        cell.Start();
        cell.End(Outcome.Success, 10_000, 0, 0, 42, hasUser: true);
        cell.Count(Outcome.ServerError, 42, hasUser: true);

        var counts = Read();
        Assert.True(counts.TellsClientErrors);
        Assert.Equal((12, 5, 9), (counts.ClientErrors, counts.CappedClientErrors, counts.ClientErrorExcess));
        Assert.Equal((14, 5, 14, 1), (counts.Requests, counts.WeighedClients, counts.Weighed, counts.CappedFailures));
        var byStatus = counts.ByStatus!;
        Assert.Equal(
            (10, 1, 1), (byStatus[ClientStatuses.IndexOf(404)], byStatus[ClientStatuses.IndexOf(429)], byStatus[ClientStatuses.Other]));

        // A scanner that makes most of the traffic stays capped.
        counts.CountAll();
        Assert.Equal((5, 9), (counts.CappedClientErrors, counts.ClientErrorExcess));

        void Refuse(int status, uint? user)
        {
            cell.Start();
            cell.End(Outcome.ClientError, 10_000, 0, 0, user ?? 0, user is not null, status: status);
        }
    }

    [Fact]
    public void Counts_the_sizes_of_responses_and_none_where_a_size_says_nothing()
    {
        foreach (var size in (long[])[0, 0, 300, 5_000_000_000, -1])
        {
            cell.Start();
            cell.End(Outcome.Success, 10_000, 0, Math.Max(0, size), 0, hasUser: false, size: size);
        }

        var sizes = Read().Sizes!;
        Assert.Equal((2, 1, 1, 4), (sizes[0], sizes[SizeBuckets.IndexOf(300)], sizes[SizeBuckets.Overflow], sizes.Sum()));
    }

    [Fact]
    public void Allocates_nothing_per_request()
    {
        cell.Start();
        cell.End(Outcome.ServerError, 10_000, 1, 1, 1, hasUser: true);
        Leave(cell, WaitFor.Answer, 1, 1);
        for (var i = 0; i < 4; i++) cell.Count(Outcome.ServerError, 1, hasUser: true);
        Assert.Equal(0, Allocations.LeastOf(() =>
        {
            for (uint i = 0; i < 10_000; i++)
            {
                cell.Start();
                cell.End(i % 5 == 0 ? Outcome.Reset : Outcome.Success, i * 100, 1, 1, i, hasUser: true);
                Leave(cell, WaitFor.Answer, i, i);
                cell.Start();
                cell.End(Outcome.ClientError, i, 1, 1, i, hasUser: true, status: 404);
                cell.Start();
                cell.End(Outcome.Success, i, 1, i, i, hasUser: true, size: i);
                cell.Start();
                cell.End(Outcome.ServerError, i * 100, 1, 1, 1, hasUser: true);
            }
        }));
    }

    private static void Leave(ArmCell from, WaitFor what, double seconds, uint? user)
    {
        var ticks = (long)(seconds / SecondsPerTick);
        from.Start();
        from.End(Outcome.ClientAbort, ticks, 0, 0, user ?? 0, user is not null, waited: new Waited(what, ticks));
    }

    private Counts Read()
    {
        var counts = new Counts();
        cell.AddTo(counts);
        return counts;
    }
}
