using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Signals;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Signals;

public sealed class PathCellsTests
{
    private static readonly PathGroups Groups = PathGroups.Of(2, ["/orders/*", "/search"]);

    private readonly PathCells cells = new(Groups);

    [Fact]
    public void Requests_are_counted_by_the_group_of_their_path_and_all_other_paths_in_the_rest()
    {
        Count("/orders/17", Outcome.Success);
        Count("/orders/18", Outcome.ServerError);
        Count("/search", Outcome.ClientError);
        Count("/unknown/x", Outcome.Success);
        Count("/orders/19", Outcome.ClientAbort);

        Assert.Equal((2, 1, 2, 0), Of(0));
        Assert.Equal((1, 0, 1, 1), Of(1));
        Assert.Equal((1, 0, 1, 0), Of(Groups.Rest));
        Assert.Equal(1, Read().Times(0)[PathBuckets.IndexOf(0.05)]);
    }

    [Fact]
    public void A_user_counts_on_a_route_up_to_its_first_failure_there()
    {
        for (var i = 0; i < 100; i++) Count("/orders/17", i == 3 ? Outcome.ServerError : i > 3 ? Outcome.Reset : Outcome.Success, user: 7);
        Count("/search", Outcome.ServerError, user: 7);
        Assert.Equal((4, 1), (Of(0).Requests, Of(0).Failures));
        Assert.Equal((1, 1), (Of(1).Requests, Of(1).Failures));
        Assert.Equal(1, long.PopCount(Read()[0, PathCount.FailingUsers]));
    }

    [Fact]
    public void A_scanner_counts_one_client_error_on_a_route()
    {
        for (var i = 0; i < 100; i++) Count("/orders/4x", Outcome.ClientError, user: 9);
        Assert.Equal((1, 1), (Of(0).ClientRequests, Of(0).ClientErrors));
        Assert.Equal(100, Of(0).Requests);
    }

    [Fact]
    public void The_latency_of_a_user_counts_once_on_a_route_and_that_of_requests_without_a_user_always()
    {
        for (var i = 0; i < 100; i++) Count("/search", Outcome.Success, user: 5);
        for (var i = 0; i < 10; i++) Count("/search", Outcome.Success);
        Assert.Equal(11, Sum(Read().Times(1)));
    }

    [Fact]
    public void Failing_requests_without_a_user_are_of_different_users()
    {
        for (var i = 0; i < 12; i++) Count("/search", Outcome.ServerError);
        Assert.Equal(12, Of(1).Failures);
        Assert.InRange(long.PopCount(Read()[1, PathCount.FailingUsers]), 3, 12);
    }

    [Fact]
    public void Users_count_once_more_where_half_of_the_bits_of_a_route_are_set()
    {
        for (var user = 1u; user <= 20_000; user++) Count("/search", Outcome.Success, user * 2_654_435_761);
        Assert.InRange(Sum(Read().Times(1)), 5_000, 20_000);
    }

    [Fact]
    public void Sums_exactly_under_contention()
    {
        const int threads = 4, each = 20_000;
        var running = Enumerable.Range(0, threads).Select(t => new Thread(() =>
        {
            for (var i = 0; i < each; i++) Count(i % 2 == 0 ? "/orders/1" : "/other", i % 10 == 0 ? Outcome.ServerError : Outcome.Success);
        })).ToArray();
        foreach (var thread in running) thread.Start();
        foreach (var thread in running) thread.Join();
        Assert.Equal((threads * each / 2, threads * each / 10), (Of(0).Requests, Of(0).Failures));
        Assert.Equal(threads * each / 2, Of(Groups.Rest).Requests);
    }

    [Fact]
    public void Counting_allocates_nothing()
    {
        Count("/orders/17", Outcome.ServerError, user: 3);
        Assert.Equal(0, Allocations.LeastOf(() =>
        {
            for (var i = 0u; i < 1000; i++) Count("/orders/17", i % 7 == 0 ? Outcome.ServerError : Outcome.Success, i);
        }));
    }

    private void Count(string path, Outcome outcome, uint? user = null) => cells.Count(path, outcome, 0.05, user ?? 0, user is not null);

    private (long Requests, long Failures, long ClientRequests, long ClientErrors) Of(int group)
    {
        var paths = Read();
        return (paths[group, PathCount.Requests], paths[group, PathCount.Failures],
            paths[group, PathCount.ClientRequests], paths[group, PathCount.ClientErrors]);
    }

    private PathCounts Read()
    {
        var counts = new Counts();
        cells.AddTo(counts);
        return counts.Paths!;
    }

    private static long Sum(ReadOnlySpan<long> counts)
    {
        long sum = 0;
        foreach (var count in counts) sum += count;
        return sum;
    }
}
