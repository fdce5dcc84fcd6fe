using TrafficCtl.Simulator.Chances;
using TrafficCtl.Simulator.Services;
using Xunit;

namespace TrafficCtl.Simulator.Tests.Services;

public class LatencyMixtureTests
{
    [Fact]
    public void Five_percent_is_exactly_one_bucket()
    {
        Assert.True(LatencyMixture.Layout.IsFine);
        Assert.Equal(64, LatencyMixture.ShiftOf(1.05));
        Assert.Equal(1.05, LatencyMixture.Layout.UpperSeconds(41) / LatencyMixture.Layout.UpperSeconds(40), 12);
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(1.1)]
    [InlineData(0.9)]
    [InlineData(4.3)]
    public void Its_buckets_hold_a_lognormal_of_median_80_ms_and_p99_323_ms(double factor)
    {
        var probabilities = new double[LatencyMixture.Layout.Count];
        var shift = LatencyMixture.ShiftOf(factor);
        LatencyMixture.Stable.Probabilities(shift, probabilities);
        Assert.Equal(1, probabilities.Sum(), 12);
        Assert.All(probabilities, p => Assert.InRange(p, 0, 1));

        // The table knows shifts to a 64th of a bucket: the factor that it used.
        var used = Math.Exp(shift * Math.Log(1.05) / 64);
        Assert.InRange(used / factor, 0.9996, 1.0004);
        var (sigma, below) = (Math.Log(0.323 / 0.08) / 2.3263478740408408, 0.0);
        for (var i = 0; i < LatencyMixture.Layout.Overflow; i++)
        {
            below += probabilities[i];
            Assert.Equal(NormalTail.Below(Math.Log(LatencyMixture.Layout.UpperSeconds(i) / used / 0.08) / sigma), below, 9);
        }
    }

    [Theory]
    [InlineData(1.2)]
    [InlineData(1.5)]
    public void A_slower_tail_moves_p99_by_the_factor_and_leaves_p50(double factor)
    {
        var mixture = LatencyMixture.SlowerTail(factor);
        Assert.Same(mixture, LatencyMixture.SlowerTail(factor));
        // Slower than 1.2 × p99 by the tail: the one percent that was slower than p99.
        Assert.Equal(0.01, mixture.SlowerThanP99(1 / factor), 9);
        Assert.Equal(0.01, LatencyMixture.Stable.SlowerThanP99(1), 9);

        var (stable, slow) = (new double[LatencyMixture.Layout.Count], new double[LatencyMixture.Layout.Count]);
        LatencyMixture.Stable.Probabilities(0, stable);
        mixture.Probabilities(0, slow);
        var p85 = LatencyMixture.Layout.IndexOf(0.149);
        Assert.Equal(stable[..p85], slow[..p85]);
        Assert.Equal(1, slow.Sum(), 12);
    }

    [Theory]
    [InlineData(1.0, 0)]
    [InlineData(1.2, 37)]
    [InlineData(1.5, -100)]
    [InlineData(1.0, 4000)]
    public void Requests_drawn_one_by_one_fall_into_its_buckets(double tail, int shift)
    {
        const int Draws = 400_000;
        var (mixture, chance) = (LatencyMixture.SlowerTail(tail), new Chance(3));
        var (probabilities, counts) = (new double[LatencyMixture.Layout.Count], new long[LatencyMixture.Layout.Count]);
        mixture.Probabilities(shift, probabilities);
        for (var i = 0; i < Draws; i++) counts[mixture.Draw(chance, shift)]++;
        var (chi, bins) = (0.0, 0);
        for (var i = 0; i < counts.Length; i++)
        {
            var expected = probabilities[i] * Draws;
            if (expected < 20) Assert.InRange(counts[i], 0, 60);
            else (chi, bins) = (chi + ((counts[i] - expected) * (counts[i] - expected) / expected), bins + 1);
        }

        Assert.InRange(chi, 0, bins + (4 * Math.Sqrt(2 * bins)));
    }
}
