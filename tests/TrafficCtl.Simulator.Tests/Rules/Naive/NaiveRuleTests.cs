using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Simulator.Rules;
using TrafficCtl.Simulator.Rules.Naive;
using Xunit;

namespace TrafficCtl.Simulator.Tests.Rules.Naive;

public class NaiveRuleTests
{
    [Theory]
    [InlineData("good good good good good", "10 20 30 40 50 promoted")]
    [InlineData("silent silent silent silent silent", "10 20 30 40 50 promoted")]
    [InlineData("bad", "10 back")]
    [InlineData("slow", "10 back")]
    [InlineData("good good bad", "10 20 30 back")]
    public void Goes_back_at_the_first_significant_difference(string ticks, string weights) =>
        Assert.Equal(weights, Windows.Play(Begin(), ticks));

    [Theory]
    [InlineData(10, 1000, 50, 9000, 1.7265)]
    [InlineData(5, 100, 5, 100, 0)]
    [InlineData(0, 100, 5, 100, -2.2646)]
    public void The_statistic_is_the_textbooks(double x, double n, double y, double m, double z) =>
        Assert.Equal(z, NaiveRun.Z(x, n, y, m), 4);

    [Fact]
    public void Without_events_or_requests_there_is_no_statistic_and_no_verdict()
    {
        Assert.Equal(double.NaN, NaiveRun.Z(0, 100, 0, 100));
        Assert.Equal(double.NaN, NaiveRun.Z(0, 0, 0, 0));
    }

    private static IRuleRun Begin()
    {
        var past = new Baseline();
        past.Absorb(600, Windows.Good, default);
        return new NaiveRule().Begin(new RuleSetting(past));
    }
}
