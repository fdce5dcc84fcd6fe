using TrafficCtl.Core.Signals;
using Xunit;

namespace TrafficCtl.Core.Tests.Signals;

public class LatencyLayoutTests
{
    [Fact]
    public void The_proxys_layout_is_its_buckets()
    {
        Assert.Equal(LatencyBuckets.Count, LatencyLayout.Proxy.Count);
        Assert.True(LatencyLayout.Proxy.IsFine);
        foreach (var seconds in new[] { 0.00001, 0.0001, 0.02, 0.3, 99, 1000 })
            Assert.Equal(LatencyBuckets.IndexOf(seconds), LatencyLayout.Proxy.IndexOf(seconds));
    }

    [Theory]
    [InlineData(1.0192, true)]
    [InlineData(1.05, true)]
    [InlineData(1.0905, false)]
    [InlineData(2, false)]
    public void Fine_is_geometric_with_a_ratio_of_at_most_five_percent(double ratio, bool isFine)
    {
        double[] exact = [.. Enumerable.Range(0, 200).Select(i => 0.001 * Math.Pow(ratio, i))];
        Assert.Equal(isFine, LatencyLayout.Of(exact).IsFine);
        Assert.Equal(Math.Log(ratio), LatencyLayout.Of(exact).LogRatio, 9);
    }

    [Fact]
    public void Edges_written_with_few_digits_are_still_geometric()
    {
        double[] rounded = [.. Enumerable.Range(0, 566).Select(i => Math.Round(0.0001 * Math.Pow(1.05, i / 2.0), 6))];
        Assert.True(LatencyLayout.Of(rounded).IsFine);
        Assert.Equal(Math.Log(1.05) / 2, LatencyLayout.Of(rounded).LogRatio, 3);
    }

    [Fact]
    public void A_layout_refines_another_when_it_has_all_of_its_edges()
    {
        var coarse = LatencyLayout.Of([0.01, 0.1]);
        Assert.True(LatencyLayout.Of([0.005, 0.01, 0.1]).Refines(coarse));
        Assert.True(coarse.Refines(coarse));
        Assert.False(coarse.Refines(LatencyLayout.Of([0.005, 0.01, 0.1])));
        Assert.False(LatencyLayout.Of([0.005, 0.02, 0.1]).Refines(coarse));
        Assert.False(coarse.Refines(LatencyLayout.None));
        Assert.False(LatencyLayout.None.Refines(LatencyLayout.Of([1])));
    }

    [Fact]
    public void Classic_bounds_are_coarse() =>
        Assert.False(LatencyLayout.Of([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]).IsFine);

    [Theory]
    [InlineData("0 bucket bounds")]
    [InlineData("bound 1 is 0", 0.0)]
    [InlineData("bound 2 is -1", 1.0, -1.0)]
    [InlineData("bound 2, 1, does not rise above 1", 1.0, 1.0)]
    [InlineData("bound 3, 1.5, does not rise above 2", 1.0, 2.0, 1.5)]
    [InlineData("bound 1 is NaN", double.NaN)]
    [InlineData("bound 2 is Infinity", 1.0, double.PositiveInfinity)]
    public void Bad_edges_are_refused_by_name(string words, params double[] edges) =>
        Assert.Contains(words, Assert.Throws<ArgumentException>(() => LatencyLayout.Of(edges)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_value_on_an_edge_is_in_the_bucket_below_it()
    {
        var layout = LatencyLayout.Of([0.1, 0.2]);
        Assert.Equal([0, 0, 1, 1, 2], new[] { 0.05, 0.1, 0.15, 0.2, 0.3 }.Select(layout.IndexOf));
        Assert.Equal((0.1, double.PositiveInfinity), (layout.UpperSeconds(0), layout.UpperSeconds(layout.Overflow)));
    }
}
