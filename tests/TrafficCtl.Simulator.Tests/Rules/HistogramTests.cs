using TrafficCtl.Core.Signals;
using TrafficCtl.Simulator.Rules;
using Xunit;

namespace TrafficCtl.Simulator.Tests.Rules;

public class HistogramTests
{
    [Theory]
    [InlineData(0.25, 0.5)]
    [InlineData(0.5, 1)]
    [InlineData(0.75, 1.5)]
    [InlineData(0.99, 4)]
    public void Quantiles_are_linear_within_the_bucket_and_end_at_the_last_edge(double q, double expected)
    {
        var counts = new Counts(LatencyLayout.Of([1, 2, 4]));
        (counts.Latency[0], counts.Latency[1], counts.Latency[3]) = (50, 50, 2);
        Assert.Equal(expected, Histogram.Quantile(counts, q), q < 0.9 ? 0.04 : 0);
    }

    [Fact]
    public void Nothing_has_no_quantile_and_no_error_rate()
    {
        Assert.Equal(double.NaN, Histogram.Quantile(new Counts(), 0.99));
        Assert.Equal(double.NaN, Histogram.ErrorRate(new Counts()));
    }
}
