using System.Numerics;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Signals;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging.Sequential;

public class SoftplusTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(0.0099999)]
    [InlineData(-0.0100001)]
    [InlineData(-2.1972245773)]
    [InlineData(6.9067547786)]
    [InlineData(29.987)]
    [InlineData(-30)]
    public void The_table_is_as_exact_as_a_logarithm(double offset)
    {
        var softplus = new Softplus(offset, -4);
        Assert.Equal(offset, softplus.Offset);
        for (var i = 0; i < 400; i += Vector<double>.Count)
        {
            var some = softplus.At(i);
            for (var lane = 0; lane < Vector<double>.Count; lane++)
            {
                var x = -4 + (Softplus.Step * (i + lane)) + offset;
                var expected = x > 0 ? x + Log1P(Math.Exp(-x)) : Log1P(Math.Exp(x));
                Assert.Equal(expected, some[lane], 1e-12);
            }
        }

        static double Log1P(double x) => x < 1e-5 ? x - (x * x / 2) : Math.Log(1 + x);
    }

    [Theory]
    [InlineData(double.PositiveInfinity, 30)]
    [InlineData(-1e3, -30)]
    public void An_arm_without_any_part_of_the_traffic_is_cut(double offset, double cut) =>
        Assert.Equal(cut, new Softplus(offset, -4).Offset);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(21)]
    public void Histograms_of_any_length_are_absorbed_bucket_by_bucket(int edges)
    {
        var layout = LatencyLayout.Of([.. Enumerable.Range(1, edges).Select(i => (double)i)]);
        var window = Enumerable.Range(0, layout.Count).Select(i => i % 5 == 3 ? -7L : 3L * i).ToArray();
        var shape = new LatencyShape(1 << 16, layout);
        shape.Absorb(window);
        shape.Absorb(window);
        Assert.Equal(window.Select(n => 2 * (int)Math.Max(0, n)), shape.Counts.ToArray());
        Assert.Equal(2 * window.Sum(n => Math.Max(0, n)), shape.Total);
        Assert.Equal(window.Sum(), Tails.Sum(window));
    }
}
