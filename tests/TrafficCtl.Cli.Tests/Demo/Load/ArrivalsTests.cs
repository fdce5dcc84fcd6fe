using TrafficCtl.Cli.Demo.Load;
using Xunit;

namespace TrafficCtl.Cli.Tests.Demo.Load;

public sealed class ArrivalsTests
{
    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, 1)]
    [InlineData(0.0099, 10)]
    [InlineData(0.01, 11)]
    [InlineData(60, 60_001)]
    public void Requests_are_due_at_a_fixed_rate_whatever_became_of_the_others(double seconds, long due) =>
        Assert.Equal(due, new Arrivals(1000).DueAt(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Users_are_spread_evenly()
    {
        var counts = Enumerable.Range(0, 100_000).GroupBy(i => Arrivals.UserOf(i, 100)).Select(g => g.Count()).ToArray();
        Assert.Equal(100, counts.Length);
        Assert.InRange(counts.Min(), 800, 1000);
        Assert.InRange(counts.Max(), 1000, 1200);
    }
}
