using System.Runtime.InteropServices;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Signals;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Signals;

public sealed class UserTableTests
{
    private readonly UserTable table = new();

    [Fact]
    public void Client_errors_have_a_cap_of_their_own_and_are_folded_apart()
    {
        for (var i = 0; i < 5; i++)
        {
            Assert.True(table.Record(7, failed: false, isClientError: true, out var counts));
            Assert.Equal(i < UserTable.MaxErrors, counts);
        }

        Assert.True(table.Record(7, failed: true, isClientError: false, out _));
        table.Record(8, failed: false, isClientError: true, out _);
        var users = table.Fold(0, 0);
        Assert.Equal((4, 10, 2), (users.ClientErrors, users.SquaredClientErrors, users.ClientFailing));
        Assert.Equal((1, 1, 1), (users.Errors, users.SquaredErrors, users.Failing));

        // Also over a growth of the table, and forgotten after ten minutes.
        for (var user = 100u; user < 5_000; user++) table.Record(user, failed: false);
        Assert.Equal((4, 2), (table.Fold(0, 0).ClientErrors, table.Fold(0, 0).ClientFailing));
        table.Advance(UserTable.ExpirySeconds + 1);
        Assert.Equal(0, table.Fold(0, 0).ClientErrors);
        Assert.True(table.Record(7, failed: false, isClientError: true, out var again));
        Assert.True(again);
    }

    [Fact]
    public void Sums_users_and_their_capped_errors()
    {
        Fail(user: 1, times: 1);
        Fail(user: 2, times: 2);
        Fail(user: 3, times: 5);
        table.Record(4, failed: false);

        Assert.Equal(new UserCounts(4, 6, 14, 3, 1, 4, false), table.Fold(0, 0));
    }

    /// <summary>Half a megabyte for each arm of 10,000 services would be ten gigabytes.</summary>
    [Fact]
    public void A_service_with_few_users_takes_few_kilobytes()
    {
        var few = new UserTable();
        few.Record(1, failed: false);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var user = 2u; user <= 300; user++) few.Record(user, failed: true);
        Assert.Equal((300, 0), (few.Fold(0, 0).Users, GC.GetAllocatedBytesForCurrentThread() - before));

        before = GC.GetAllocatedBytesForCurrentThread();
        new UserTable().Record(1, failed: false);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 8 * 1024);
    }

    [Fact]
    public void Users_and_their_failures_are_kept_while_the_table_grows()
    {
        for (var user = 1u; user <= 20_000; user++) Fail(user, times: 1 + (int)(user % 3));
        Assert.Equal(new UserCounts(20_000, 40_001, 93_337, 20_000, 6_667, 20_000, false), table.Fold(0, 0));
        Assert.Equal((true, false), (table.IsSpent(2), table.IsSpent(1)));
        Assert.Equal(new UserFlow(20_000, 6_667), table.ReadFlow());
    }

    [Fact]
    public void Nothing_is_lost_or_counted_twice_when_several_threads_make_it_grow()
    {
        const int threads = 4, users = 5_000;
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, thread =>
        {
            for (var time = 0; time < 3; time++)
                for (var user = 0u; user < users; user++)
                    table.Record((user * threads) + (uint)thread + 1, failed: true);
        });
        var counts = table.Fold(0, 0);
        Assert.Equal((threads * users, threads * users, false), ((int)counts.Known, (int)counts.Broken, counts.IsFull));
    }

    [Fact]
    public void Counts_requests_without_identity_as_users_of_their_own()
    {
        Fail(user: 1, times: 2);

        Assert.Equal(new UserCounts(11, 5, 7, 4, 0, 1, false), table.Fold(anonymous: 10, anonymousFailures: 3));
    }

    [Fact]
    public void A_user_counts_up_to_its_third_failure_and_then_no_more_until_its_ten_minutes_are_over()
    {
        bool[] counted = [.. new[] { true, false, true, true, true, false }.Select(failed => table.Record(1, failed))];
        Assert.Equal([true, true, true, true, false, false], counted);
        Assert.Equal((true, false), (table.IsSpent(1), table.IsSpent(2)));

        table.Advance(UserTable.ExpirySeconds);
        Assert.False(table.IsSpent(1));
        Assert.True(table.Record(1, failed: false));
    }

    [Fact]
    public void Forgets_a_user_after_ten_minutes()
    {
        Fail(user: 1, times: 3);
        table.Advance(599);
        Assert.Equal(1, table.Fold(0, 0).Broken);
        Assert.False(table.Record(1, failed: true));

        table.Advance(600);
        Assert.Equal(default, table.Fold(0, 0));
        Assert.True(table.Record(1, failed: true));
        Assert.Equal(new UserCounts(1, 1, 1, 1, 0, 1, false), table.Fold(0, 0));
    }

    [Fact]
    public void Counts_who_came_and_who_met_a_third_error_once_in_ten_minutes()
    {
        Fail(user: 1, times: 2);
        Assert.Equal(new UserFlow(1, 0), table.ReadFlow());
        Fail(user: 1, times: 3);
        Fail(user: 2, times: 3);
        table.Record(3, failed: false);
        table.Record(3, failed: false);
        Assert.Equal(new UserFlow(3, 2), table.ReadFlow());

        table.Advance(600);
        Assert.Equal(new UserFlow(3, 2), table.ReadFlow());
        Fail(user: 1, times: 3);
        Assert.Equal(new UserFlow(4, 3), table.ReadFlow());
    }

    [Fact]
    public void Loses_no_user_and_no_third_error_between_threads()
    {
        // The table grows twice each time, while the others write to it.
        for (var round = 0; round < 30; round++)
        {
            var users = new UserTable();
            Parallel.For(0, 8, thread =>
            {
                for (var user = 0; user < 2_000; user++)
                    for (var i = 0; i < 5; i++) users.Record(Hash((thread * 2_000) + user), failed: true);
            });
            Assert.Equal(new UserFlow(16_000, 16_000), users.ReadFlow());
        }
    }

    [Fact]
    public void Lives_longer_than_its_coarse_clock_can_count()
    {
        table.Advance((1 << 28) - 5);
        Fail(user: 1, times: 1);
        table.Advance((1 << 28) + 5);

        Assert.Equal(1, table.Fold(0, 0).Failing);
        Assert.True(table.Record(1, failed: false));
        Assert.Equal(1, table.Fold(0, 0).Users);
    }

    [Fact]
    public void Tells_zero_apart_from_nothing()
    {
        table.Record(0, failed: false);

        Assert.Equal(1, table.Fold(0, 0).Known);
    }

    [Fact]
    public void Holds_fifty_thousand_users_without_being_full()
    {
        for (var user = 0; user < 50_000; user++) table.Record(Hash(user), failed: false);

        var users = table.Fold(0, 0);
        Assert.False(users.IsFull);
        Assert.InRange(users.Known, 49_995, 50_000);
    }

    [Fact]
    public void Says_that_it_is_full_when_a_million_users_come_and_recovers_ten_minutes_later()
    {
        table.Record(0, failed: false);
        Assert.Equal(0, Allocations.LeastOf(() =>
        {
            for (var user = 0; user < 1_000_000; user++) table.Record(Hash(user), failed: user % 100 == 0);
        }));

        var users = table.Fold(0, 0);
        Assert.True(users.IsFull);
        Assert.InRange(users.Known, UserTable.Capacity * 95 / 100, UserTable.Capacity);

        table.Advance(UserTable.ExpirySeconds);
        Assert.Equal(default, table.Fold(0, 0));
    }

    [Fact]
    public void Counts_a_failure_of_a_user_it_cannot_hold()
    {
        for (var user = 0; user < 1_000_000; user++) table.Record(Hash(user), failed: false);

        var counted = 0;
        for (var user = 1_000_000; user < 1_000_100; user++)
            if (table.Record(Hash(user), failed: true)) counted++;
        Assert.Equal(100, counted);
    }

    [Fact]
    public void Counts_every_failure_under_the_cap_once_when_threads_race()
    {
        long counted = 0;
        for (var user = 0; user < 100; user++) table.Record(Hash(user), failed: false);
        var threads = Enumerable.Range(0, 8).Select(_ => new Thread(() =>
        {
            for (var round = 0; round < 1_000; round++)
                for (var user = 0; user < 100; user++)
                    if (table.Record(Hash(user), failed: true)) Interlocked.Increment(ref counted);
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();

        Assert.Equal(300, counted);
        Assert.Equal(new UserCounts(100, 300, 900, 100, 100, 100, false), table.Fold(0, 0));
    }

    private static uint Hash(int user) => Murmur3.Hash(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in user)));

    private void Fail(uint user, int times)
    {
        for (var i = 0; i < times; i++) table.Record(user, failed: true);
    }
}
