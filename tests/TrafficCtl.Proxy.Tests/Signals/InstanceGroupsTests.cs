using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Signals;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Signals;

public sealed class InstanceGroupsTests
{
    [Theory]
    [InlineData("a b c d", "x", "0 1 2 3")]
    [InlineData("d c b a", "x", "3 2 1 0")]
    [InlineData("a b c d e f", "x", "0 1 2 3 - -")]
    [InlineData("a b c d e", "x y", "0 0 1 1 -")]
    [InlineData("a b c", "x y", "0 0 -")]
    [InlineData("a a b", "x x", "0 0 1")]
    public void Each_has_as_many_endpoints_as_the_candidate(string stable, string candidate, string expected)
    {
        var (of, groups) = (Version(stable), InstanceGroups.Of(Version(stable), Version(candidate))!);
        Assert.Equal(expected, string.Join(' ', of.Endpoints.Select(e => groups.Find(e.AbsoluteUri)?.ToString() ?? "-")));
        Assert.Equal(groups.Count - 1, of.Endpoints.Max(e => groups.Find(e.AbsoluteUri)));
        Assert.InRange(groups.Count, 1, Tick.MostPlacebos);
        Assert.Null(groups.Find("http://later/"));
    }

    [Theory]
    [InlineData("a", "x")]
    [InlineData("a b", "x y")]
    [InlineData("a", "x y")]
    [InlineData("a b", "")]
    public void There_are_none_where_one_would_be_all_of_stable(string stable, string candidate) =>
        Assert.Null(InstanceGroups.Of(Version(stable), Version(candidate)));

    [Fact]
    public void There_are_none_without_two_versions()
    {
        Assert.Null(InstanceGroups.Of(null, Version("x")));
        Assert.Null(InstanceGroups.Of(Version("a b"), null));
    }

    [Fact]
    public void A_cell_is_the_sum_of_its_parts_and_the_rest()
    {
        var cell = new ArmCell(new UserTable(), 1e-7, groups: InstanceGroups.Of(Version("a b"), Version("x")));
        foreach (var (instance, outcome) in new[]
        {
            ("a", Outcome.Success), ("a", Outcome.ServerError), ("b", Outcome.Success), ("c", Outcome.Success)
        })
        {
            cell.Start();
            cell.End(outcome, 10_000, 1, 2, 7, hasUser: true, $"http://{instance}/");
        }

        cell.Start();
        Counts all = new(), rest = new(), first = new();
        cell.AddTo(all);
        cell.AddRestTo(rest);
        cell.Parts[0].AddTo(first);
        Assert.Equal((4, 1, 1, 1), (all.Requests, all.Failures, all.CappedFailures, all.InFlight));
        Assert.Equal((1, 2, 1), (rest.Requests, first.Requests, first.CappedFailures));
        Assert.Equal((4L, 8L, 4L), (all.BytesIn, all.BytesOut, all.Latency.ToArray().Sum()));
        Assert.Equal(
            (5, 4, 4, 1), (cell.ReadPulse().Started, cell.ReadPulse().Ended, cell.ReadPulse().Requests, cell.ReadPulse().Failures));
    }

    [Fact]
    public void Allocates_nothing_per_request()
    {
        var cell = new ArmCell(new UserTable(), 1e-7, groups: InstanceGroups.Of(Version("a b"), Version("x")));
        Assert.Equal(0, Allocations.LeastOf(() =>
        {
            for (uint i = 0; i < 10_000; i++)
            {
                cell.Start();
                cell.End(Outcome.Success, i * 100, 1, 1, i, hasUser: true, i % 2 == 0 ? "http://a/" : "http://elsewhere/");
            }
        }));
    }

    private static VersionSpec Version(string endpoints) =>
        new("v", [.. endpoints.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(e => new Uri($"http://{e}"))]);
}
