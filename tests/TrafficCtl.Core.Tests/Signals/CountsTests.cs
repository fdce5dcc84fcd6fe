using FsCheck;
using FsCheck.Fluent;
using TrafficCtl.Core.Signals;
using TrafficCtl.TestKit;
using Xunit;
using Outcome = TrafficCtl.Core.Signals.Outcome;

namespace TrafficCtl.Core.Tests.Signals;

public class CountsTests
{
    /// <summary>Each service has several, and most services are quiet.</summary>
    [Fact]
    public void Counts_that_hold_nothing_take_no_room_for_buckets_also_when_others_are_added_or_copied()
    {
        var empty = new Counts();
        // Made once for all.
        Assert.Equal(empty.Latency.Length, new Counts().Times.Length);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var quiet = new Counts();
        quiet.Add(empty);
        quiet.CopyFrom(empty);
        quiet.Subtract(new Counts());
        quiet.CountAll();
        Assert.Equal((LatencyBuckets.Count, false), (quiet.Times.Length, quiet.Times.ContainsAnyExcept(0)));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, LatencyBuckets.Count * sizeof(long) / 2);

        empty.Latency[7] = 3;
        quiet.Add(empty);
        Assert.Equal(3, quiet.Times[7]);
    }

    [Fact]
    public void Counts_merge_by_addition_and_a_window_is_a_difference() =>
        Prop.ForAll<PositiveInt[], PositiveInt[]>((first, second) =>
        {
            var (one, other, whole) = (Of(first), Of(second), Of([.. first, .. second]));
            var sum = new Counts();
            sum.CopyFrom(one);
            sum.Add(other);
            var merges = Same(sum, whole);
            sum.Subtract(one);
            return merges && Same(sum, other);
        }).Holds();

    [Fact]
    public void Counts_of_a_finer_layout_are_told_in_the_coarser_buckets_and_those_of_none_add_no_latency()
    {
        LatencyLayout coarse = LatencyLayout.Of([0.01, 0.1]), fine = LatencyLayout.Of([0.005, 0.01, 0.05, 0.1, 1]);
        var (sum, read, unmeasured) = (new Counts(coarse), new Counts(fine), new Counts(LatencyLayout.None));
        for (var i = 0; i < fine.Count; i++) read.Latency[i] = 1 << i;
        read.Abandon()[3] = 7;
        unmeasured.ByOutcome[(int)Outcome.Success] = 5;
        sum.Add(read);
        sum.Add(unmeasured);
        Assert.Equal([1 + 2, 4 + 8, 16 + 32], sum.Latency);
        Assert.Equal([0, 7, 0], sum.Abandoned!);
        Assert.Equal(5, sum.Requests);
        sum.Subtract(read);
        Assert.Equal(0, sum.Latency.Sum() + sum.AbandonedTotal);
    }

    [Fact]
    public void Client_errors_and_sizes_merge_like_the_rest_and_are_told_as_soon_as_one_part_tells_them()
    {
        var (sum, silent, telling) = (new Counts(), new Counts(), new Counts());
        telling.TellsClientErrors = true;
        telling.ByOutcome[(int)Outcome.ClientError] = 9;
        (telling.CappedClientErrors, telling.ClientErrorExcess) = (5, 4);
        telling.Statuses()[ClientStatuses.IndexOf(404)] = 9;
        telling.Measure()[7] = 3;
        sum.Add(silent);
        Assert.False(sum.TellsClientErrors);
        sum.Add(telling);
        sum.Add(telling);
        Assert.Equal(
            (true, 18, 10, 8, 10),
            (sum.TellsClientErrors, sum.ClientErrors, sum.CappedClientErrors, sum.ClientErrorExcess, sum.WeighedClients));
        Assert.Equal((18, 6), (sum.ByStatus![ClientStatuses.IndexOf(404)], sum.Sizes![7]));
        sum.Subtract(telling);
        Assert.Equal(
            (9, 5, 4, 9, 3),
            (sum.ClientErrors, sum.CappedClientErrors, sum.ClientErrorExcess, sum.ByStatus[ClientStatuses.IndexOf(404)], sum.Sizes[7]));
        sum.CountAll();
        Assert.Equal((5, 4), (sum.CappedClientErrors, sum.ClientErrorExcess));
        sum.Clear();
        Assert.Equal((false, 0, 0), (sum.TellsClientErrors, sum.ByStatus.Sum(), sum.Sizes.Sum()));
    }

    [Fact]
    public void Client_aborts_and_refusals_are_left_out_of_n_and_spill_out_of_latency()
    {
        var counts = new Counts();
        foreach (var outcome in Enum.GetValues<Outcome>()) counts.ByOutcome[(int)outcome]++;
        Assert.Equal(Outcomes.Count - 2, counts.Requests);
        Assert.Equal(7, counts.Failures);
        Assert.False(Outcome.Spill.HasLatency());
        Assert.True(Outcome.Spill.IsFailure());
        Assert.False(Outcome.ClientAbort.HasLatency());
        Assert.True(Outcome.Deadline.HasLatency());
    }

    [Fact]
    public void Every_outcome_has_its_own_label() =>
        Assert.Equal(Outcomes.Count, Enum.GetValues<Outcome>().Select(o => o.Label()).Distinct(StringComparer.Ordinal).Count());

    [Fact]
    public void The_clump_of_errors_is_one_without_errors_and_three_when_each_failing_user_has_three()
    {
        Assert.Equal(1, default(UserCounts).Clump);
        Assert.Equal(3, new UserCounts(100, 30, 90, 10, 10, 100, false).Clump);
        var both = new UserCounts(100, 30, 90, 10, 10, 100, false) + new UserCounts(50, 30, 30, 30, 0, 50, true);
        Assert.Equal((150, 2.0, true), (both.Users, both.Clump, both.IsFull));
    }

    private static Counts Of(IEnumerable<PositiveInt> requests)
    {
        var counts = new Counts();
        foreach (var request in requests)
        {
            counts.ByOutcome[request.Get % Outcomes.Count]++;
            counts.Latency[LatencyBuckets.IndexOf(request.Get / 1000.0)]++;
            counts.CappedFailures += request.Get % 2;
            counts.Started++;
            counts.BytesIn += request.Get;
            if (request.Get % 3 > 0) continue;
            counts.Abandon()[LatencyBuckets.IndexOf(request.Get / 1000.0)]++;
            (counts.Late, counts.CappedLate) = (counts.Late + 1, counts.CappedLate + (request.Get % 2));
            counts.Excess++;
            counts.Exceed()[LatencyBuckets.IndexOf(request.Get / 1000.0)]++;
            counts.ExceedAbandoned()[LatencyBuckets.IndexOf(request.Get / 2000.0)]++;
        }

        return counts;
    }

    private static long[] Waits(Counts counts) =>
        [counts.Excess, .. All(counts, counts.Abandoned), .. All(counts, counts.Surplus), .. All(counts, counts.SurplusAbandoned)];

    private static long[] All(Counts counts, long[]? histogram) => histogram ?? new long[counts.Latency.Length];

    private static bool Same(Counts a, Counts b) =>
        a.ByOutcome.AsSpan().SequenceEqual(b.ByOutcome) && a.Latency.AsSpan().SequenceEqual(b.Latency)
        && Waits(a).SequenceEqual(Waits(b)) && (a.Late, a.CappedLate, a.AbandonedTotal) == (b.Late, b.CappedLate, b.AbandonedTotal)
        && (a.CappedFailures, a.Started, a.BytesIn, a.Requests, a.Failures) == (
            b.CappedFailures, b.Started, b.BytesIn, b.Requests, b.Failures);
}
