using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Tests.Judging.State;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging.Sequential;

public class ShiftCSTests
{
    private const double Median = 0.08, Sigma = 0.6;

    [Theory]
    [InlineData(0.5, 1.0)]
    [InlineData(0.99, 1.0)]
    [InlineData(0.9, 1.07)]
    [InlineData(0.99, 1.2)]
    [InlineData(0.5, 0.85)]
    public void It_holds_the_true_ratio_at_all_looks_together(double quantile, double ratio)
    {
        var missed = 0;
        for (var seed = 0; seed < 100; seed++)
            if (!Covers(new Chance(seed), quantile, ratio)) missed++;
        Assert.InRange(missed, 0, 7);
    }

    [Fact]
    public void It_narrows_to_the_neighbouring_shifts()
    {
        var process = new ShiftCS(LatencyBuckets.LogRatio);
        var chance = new Chance(1);
        for (var tick = 0; tick < 720; tick++) Step(process, chance, 0.99, 1.22, 2500, 2500);
        var found = process.Interval(0.05);
        Assert.InRange(found.Low, 1.14, 1.22);
        Assert.InRange(found.Estimate, 1.15, 1.30);
        Assert.InRange(found.High, 1.22, 1.34);
    }

    [Fact]
    public void It_claims_nothing_without_evidence()
    {
        var process = new ShiftCS(LatencyBuckets.LogRatio);
        Assert.True(double.IsNaN(process.Interval(0.05).Estimate));
        var counts = new Counts();
        process.Step(new PairCounts(0, 0, 100, 5), counts, 100, 0, 0.05, 1);
        process.Step(new PairCounts(100, 0, 0, 0), counts, 100, 0, 0.05, 1);
        Assert.True(double.IsNaN(process.Interval(0.05).Estimate));
        counts.Latency[50] = 10;
        process.Step(new PairCounts(10, 0, 100, 5), counts, 100, 0, 0.05, 1);
        Assert.Equal((0, double.PositiveInfinity), (process.Interval(0.05).Low, process.Interval(0.05).High));
    }

    [Fact]
    public void Shifts_beyond_the_histogram_are_never_refused()
    {
        var counts = new Counts();
        counts.Latency[LatencyBuckets.Overflow] = 1000;
        var process = new ShiftCS(LatencyBuckets.LogRatio);
        for (var i = 0; i < 100; i++) process.Step(new PairCounts(1000, 0, 1000, 10), counts, LatencyBuckets.Overflow - 5, 0, 0.01, 1);
        var found = process.Interval(0.05);
        Assert.InRange(found.Low, 1.01, 1.08);
        Assert.Equal(double.PositiveInfinity, found.High);
    }

    [Fact]
    public void A_late_regression_is_still_seen()
    {
        var process = new ShiftCS(LatencyBuckets.LogRatio);
        var chance = new Chance(4);
        for (var tick = 0; tick < 2000; tick++) Step(process, chance, 0.9, 1, 500, 500);
        Assert.True(process.Interval(0.05).Low <= 1);
        for (var tick = 0; tick < 200; tick++) Step(process, chance, 0.9, 1.6, 500, 500);
        Assert.InRange(process.Interval(0.05).Low, 1.25, 1.6);
    }

    [Fact]
    public void Restored_it_continues_bit_for_bit_within_half_a_kilobyte()
    {
        var (whole, part) = (new ShiftCS(LatencyBuckets.LogRatio), new ShiftCS(LatencyBuckets.LogRatio));
        var (one, same) = (new Chance(6), new Chance(6));
        for (var tick = 0; tick < 100; tick++)
        {
            Step(whole, one, 0.99, 1.1, 100, 900);
            Step(part, same, 0.99, 1.1, 100, 900);
            var next = new ShiftCS(LatencyBuckets.LogRatio);
            Saved.Copy(part.Save, next.Load);
            part = next;
            Assert.Equal(Saved.Bytes(whole.Save), Saved.Bytes(part.Save));
        }

        Assert.Equal(512, Saved.Bytes(part.Save).Length);
    }

    private static bool Covers(Chance chance, double quantile, double ratio)
    {
        var process = new ShiftCS(LatencyBuckets.LogRatio);
        for (var tick = 0; tick < 150; tick++)
        {
            Step(process, chance, quantile, ratio, 200, 800);
            if (tick % 10 != 0 && tick > 20) continue;
            var found = process.Interval(0.1);
            if (found.Low > ratio * 1.0001 || found.High < ratio / 1.0001) return false;
        }

        return true;
    }

    /// <summary>Lognormal latency; the bets are on a rate that is a little wrong.</summary>
    private static void Step(ShiftCS process, Chance chance, double quantile, double ratio, int candidateN, int stableN)
    {
        var bucket = LatencyBuckets.IndexOf(Median * Math.Exp(Sigma * Normal(quantile)));
        var stable = Draw(chance, stableN, Median);
        var above = Tails.Sum(stable.Latency.AsSpan(bucket + 1));
        var pair = new PairCounts(candidateN, 0, stableN, above);
        process.Step(pair, Draw(chance, candidateN, Median * ratio), bucket, 0, (1 - quantile) * 1.1, 1);
    }

    private static Counts Draw(Chance chance, int n, double median)
    {
        var counts = new Counts();
        for (var i = 0; i < n; i++) counts.Latency[LatencyBuckets.IndexOf(median * Math.Exp(Sigma * chance.Normal()))]++;
        return counts;
    }

    private static double Normal(double quantile) => quantile switch { 0.5 => 0, 0.9 => 1.2815515655, _ => 2.3263478740 };
}
