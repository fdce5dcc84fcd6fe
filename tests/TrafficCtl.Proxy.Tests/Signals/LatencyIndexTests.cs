using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Signals;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Signals;

public sealed class LatencyIndexTests
{
    [Fact]
    public void Agrees_with_the_layout_on_a_million_values()
    {
        var chance = new Random(1);
        for (var i = 0; i < 1_000_000; i++)
        {
            var seconds = Math.Exp((chance.NextDouble() * 20) - 13);
            Assert.True(LatencyBuckets.IndexOf(seconds) == LatencyIndex.Of(seconds), $"{seconds:R}");
        }
    }

    [Fact]
    public void Agrees_with_the_layout_around_every_edge()
    {
        for (var bucket = 0; bucket < LatencyBuckets.FiniteCount; bucket++)
        {
            var edge = LatencyBuckets.UpperSeconds(bucket);
            double below = edge, above = edge;
            for (var step = 0; step < 1_000; step++)
            {
                Assert.Equal(LatencyBuckets.IndexOf(below), LatencyIndex.Of(below));
                Assert.Equal(LatencyBuckets.IndexOf(above), LatencyIndex.Of(above));
                below = Math.BitDecrement(below);
                above = Math.BitIncrement(above);
            }
        }
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(double.Epsilon)]
    [InlineData(0.0001)]
    [InlineData(99.999)]
    [InlineData(1e9)]
    [InlineData(double.PositiveInfinity)]
    public void Agrees_with_the_layout_at_the_ends(double seconds)
    {
        var expected = double.IsPositiveInfinity(seconds) ? LatencyBuckets.Overflow : LatencyBuckets.IndexOf(seconds);

        Assert.Equal(expected, LatencyIndex.Of(seconds));
    }
}
