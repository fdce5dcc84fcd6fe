using TrafficCtl.Core.Signals;
using Xunit;

namespace TrafficCtl.Core.Tests.Signals;

public class PathCountsTests
{
    [Fact]
    public void Counts_by_path_add_up_and_subtract_and_sets_of_users_are_joined()
    {
        var (one, other) = (Some(3, requests: 5, failures: 2, users: 0b011), Some(3, requests: 7, failures: 1, users: 0b110));
        var sum = new Counts();
        sum.Add(one);
        sum.Add(other);
        Assert.Equal((12, 3, 0b111), Of(sum, 1));
        Assert.Equal(2, sum.Paths!.Times(1)[4]);

        sum.Subtract(one);
        Assert.Equal((7, 1, 0b111), Of(sum, 1));
        Assert.Equal(1, sum.Paths.Times(1)[4]);
        Assert.Equal((0, 0, 0), Of(sum, 0));
    }

    [Fact]
    public void Counts_that_are_cleared_take_those_of_other_groups()
    {
        var counts = Some(3, 5, 2, 1);
        counts.Clear();
        Assert.Equal(0, counts.Paths!.Groups);
        counts.Add(Some(51, 7, 1, 2));
        Assert.Equal((51, (7L, 1L, 2L)), (counts.Paths.Groups, Of(counts, 1)));
        counts.Clear();
        counts.Add(new Counts());
        Assert.True(counts.Paths.IsEmpty);
    }

    [Fact]
    public void Counts_without_paths_hold_none()
    {
        var counts = new Counts();
        counts.Add(new Counts());
        counts.CountAll();
        Assert.Null(counts.Paths);
    }

    [Fact]
    public void A_bucket_of_the_proxy_is_in_one_of_the_groups_that_ends_no_sooner()
    {
        for (var fine = 0; fine < LatencyBuckets.Count; fine++)
        {
            var coarse = PathBuckets.OfFine(fine);
            Assert.True(PathBuckets.UpperSeconds(coarse) >= LatencyBuckets.UpperSeconds(fine) * (1 - 1e-8));
            Assert.True(coarse == 0 || PathBuckets.UpperSeconds(coarse - 1) < LatencyBuckets.UpperSeconds(fine));
        }

        for (var b = 0; b < PathBuckets.Overflow; b++) Assert.Equal(b, PathBuckets.IndexOf(PathBuckets.UpperSeconds(b)));
        Assert.Equal(PathBuckets.Overflow, PathBuckets.IndexOf(66));
    }

    private static Counts Some(int groups, long requests, long failures, long users)
    {
        var counts = new Counts();
        var paths = counts.ByPath(groups);
        (paths[1, PathCount.Requests], paths[1, PathCount.Failures], paths[1, PathCount.FailingUsers]) = (requests, failures, users);
        paths.Times(1)[4] = 1;
        return counts;
    }

    private static (long, long, long) Of(Counts counts, int group) => (
        counts.Paths![group, PathCount.Requests], counts.Paths[group, PathCount.Failures], counts.Paths[group, PathCount.FailingUsers]);
}
