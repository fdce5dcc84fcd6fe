using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Judging.Signals;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Tests.Judging.State;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging.Signals;

/// <summary>Numbers: reference engine (Python), statistics 8.2, V8.</summary>
public class GaugeTests
{
    private const double Free = double.PositiveInfinity;

    [Fact]
    public void The_process_agrees_with_the_reference()
    {
        double[] ys = [0.0, 0.18, 0.22, 0.15, 0.3, 0.25, 0.28, 0.2, 0.26, 0.31];
        double[] logs =
            [0.0, 0.17647365, 0.31028935, 0.24017675, 0.47442632, 0.5031322, 0.65054465, 0.59285876, 0.74941816, 0.93242416];
        var process = new GaugeE(Math.Log(1.10), +1, Free);
        for (var i = 0; i < ys.Length; i++)
        {
            process.Step(ys[i], Bets.Share(60, 60 * (i + 1)));
            Assert.Equal(logs[i], process.LogE, 8);
        }

        Assert.Equal(0.7045577232, process.Correlation, 10);
        Assert.Equal(0.0709533774, process.Scale, 10);
    }

    [Fact]
    public void Blocks_are_means_by_seconds_of_the_ticks_where_both_arms_have_a_reading()
    {
        var block = new GaugeBlock();
        Assert.False(block.Add(new MetricPair(1, 2), 20, out _, out _));
        Assert.False(block.Add(new MetricPair(double.NaN, 100), 10, out _, out _));
        Assert.False(block.Add(new MetricPair(-1, 100), 10, out _, out _));
        Assert.True(block.Add(new MetricPair(4, 0), 40, out var mean, out var seconds));
        Assert.Equal(new MetricPair(3, 2.0 / 3), mean);
        Assert.Equal(80, seconds);
        Assert.True(block.Add(new MetricPair(1, double.PositiveInfinity), 60, out mean, out _));
        Assert.Equal(new MetricPair(double.NaN, double.NaN), mean);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    [InlineData(-1, 1)]
    [InlineData(double.NaN, 1)]
    [InlineData(1, double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity, double.NaN)]
    public void What_is_no_reading_neither_fails_nor_passes(double stable, double candidate)
    {
        var gauge = new Gauge(Direction.Both, 0.15, Free, Free, limit: 10);
        for (var t = 60; t < 36_000; t += 60) gauge.Observe(new MetricPair(stable, candidate), 60, t);
        Assert.Equal(0, gauge.HarmLogE);
        Assert.Equal(0, gauge.NonInferiorityLogE);
        Assert.Equal(0, gauge.Blocks);
        Assert.True(double.IsNaN(gauge.Ratio));
    }

    [Theory]
    [InlineData(Direction.Lower, 1.4, true, false)]
    [InlineData(Direction.Lower, 1.0, false, true)]
    [InlineData(Direction.Lower, 0.6, false, true)]
    [InlineData(Direction.Higher, 0.7, true, false)]
    [InlineData(Direction.Higher, 1.0, false, true)]
    [InlineData(Direction.Higher, 1.5, false, true)]
    [InlineData(Direction.Both, 1.4, true, false)]
    [InlineData(Direction.Both, 0.7, true, false)]
    [InlineData(Direction.Both, 1.0, false, true)]
    public void Worse_is_what_the_direction_says(Direction direction, double ratio, bool isHarm, bool isShown)
    {
        var gauge = new Gauge(direction, 0.15, Math.Log(100) / 3, Math.Log(20) / 4);
        Run(gauge, ratio, minutes: 120, noise: 0.04, seed: 3);
        Assert.Equal(isHarm, gauge.HarmLogE >= Math.Log(100));
        Assert.Equal(isShown, gauge.NonInferiorityLogE >= Math.Log(20));
        Assert.Equal(ratio, gauge.Ratio, 0.03 * ratio);
    }

    /// <summary>Statistics 3.6: at most .008 at α = .01 for a correlation of 0.5 at most.</summary>
    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    public void At_the_boundary_it_seldom_fails(double correlation)
    {
        var crossed = 0;
        for (var seed = 0; seed < 400; seed++)
        {
            var chance = new Chance(seed);
            var process = new GaugeE(Math.Log(1.10), +1, Math.Log(100) / 3);
            var deviation = 0.0;
            for (var k = 1; k <= 500; k++)
            {
                deviation = (correlation * deviation) + (0.04 * chance.Normal());
                process.Step(Math.Log(1.10) + deviation, Bets.Share(60, 60 * k));
                if (process.LogE < Math.Log(100)) continue;
                crossed++;
                break;
            }
        }

        Assert.InRange(crossed, 0, 9);
    }

    [Fact]
    public void A_leak_towards_the_limit_is_seen_and_noise_is_not()
    {
        var (leaks, false_) = (0, 0);
        for (var seed = 0; seed < 200; seed++)
        {
            if (Leaks(new Chance(seed), mbPerMinute: 1, correlation: 0.5)) leaks++;
            if (Leaks(new Chance(seed), mbPerMinute: 0, correlation: 0.5)) false_++;
        }

        Assert.InRange(leaks, 195, 200);
        Assert.InRange(false_, 0, 10);
    }

    [Fact]
    public void A_leak_that_reaches_the_limit_after_days_does_not_hold()
    {
        var trend = new GrowthTrend(8000);
        for (var minute = 1; minute <= 120; minute++) trend.Observe(new MetricPair(500, 500 + (0.1 * minute)), 60 * minute);
        Assert.Equal(0.1 / 60, trend.Slope.Estimate, 9);
        Assert.Equal((8000 - 512) / (0.1 / 60), trend.SecondsToLimit.Estimate, 0.1);
        Assert.False(trend.IsLeaking);
    }

    [Fact]
    public void A_restored_gauge_continues_bit_for_bit()
    {
        var (whole, part) = (Make(), Make());
        for (var i = 0; i < 40; i++)
        {
            Run(whole, 1.1, minutes: 2.5, noise: 0.05, seed: i, from: i * 150);
            Run(part, 1.1, minutes: 2.5, noise: 0.05, seed: i, from: i * 150);
            var next = Make();
            Saved.Copy(part.Save, next.Load);
            part = next;
            Assert.Equal(Saved.Bytes(whole.Save), Saved.Bytes(part.Save));
        }

        Assert.InRange(Saved.Bytes(part.Save).Length, 100, 600);
        static Gauge Make() => new(Direction.Both, 0.15, 1.5, 0.7, limit: 1000);
    }

    private static bool Leaks(Chance chance, double mbPerMinute, double correlation)
    {
        var trend = new GrowthTrend(1000);
        var deviation = 0.0;
        for (var minute = 1; minute <= 120; minute++)
        {
            deviation = (correlation * deviation) + (5 * chance.Normal());
            trend.Observe(new MetricPair(500, 500 + (mbPerMinute * minute) + deviation), 60 * minute);
            if (trend.IsLeaking) return true;
        }

        return false;
    }

    private static void Run(Gauge gauge, double ratio, double minutes, double noise, int seed, double from = 0)
    {
        var chance = new Chance(seed);
        for (var t = 5.0; t <= minutes * 60; t += 5)
            gauge.Observe(new MetricPair(20, 20 * ratio * Math.Exp(noise * chance.Normal())), 5, from + t);
    }
}
