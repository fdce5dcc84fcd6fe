using FsCheck;
using FsCheck.Fluent;
using TrafficCtl.Core.Judging.Ranks;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging.Ranks;

public class RankTests
{
    [Fact]
    public void The_limits_are_where_W_crosses_the_normal_quantile()
    {
        // The literal root, halved down to neighbouring doubles.
        foreach (var (x, y) in new[] { (Samples.F, Samples.E), (Samples.C, Samples.D), (Samples.A, Samples.B) })
        {
            var found = MannWhitney.Test(x, y, 0.98, allowExact: false);
            Assert.Equal(Root(x, y, 2.3263478740408408), found.Low, 1e-12 * 100);
            Assert.Equal(Root(x, y, -2.3263478740408408), found.High, 1e-12 * 100);
        }
    }

    [Fact]
    public void Every_order_statistic_of_the_differences_is_exact() => Prop.ForAll(TwoSamples(), s =>
    {
        var (x, y) = (Sorted(s.X), Sorted(s.Y));
        var all = Sorted([.. x.SelectMany(a => y.Select(b => a - b))]);
        var differences = new PairwiseDifferences(x, y);
        for (var k = 1; k <= all.Length; k++)
            if (differences.Select(k) != all[k - 1]) return false;
        return differences.Select(0) == all[0] && differences.Select(all.Length + 1) == all[^1];
    }).Holds();

    [Fact]
    public void Swapping_the_samples_mirrors_the_answer() => Prop.ForAll(TwoSamples(), s =>
    {
        var (one, other) = (MannWhitney.Test(s.X, s.Y), MannWhitney.Test(s.Y, s.X));
        var (greater, less) = (MannWhitney.Test(s.X, s.Y, 0.9, Alternative.Greater), MannWhitney.Test(s.Y, s.X, 0.9, Alternative.Less));
        return one.U + other.U == (double)s.X.Length * s.Y.Length && Near(one.P, other.P) && Near(greater.P, less.P)
            && one.Shift == -other.Shift && one.Low == -other.High && one.High == -other.Low && greater.Low == -less.High;
    }).Holds();

    [Fact]
    public void The_shift_lies_in_its_interval_and_follows_the_sample() => Prop.ForAll(TwoSamples(), s =>
    {
        var (found, moved) = (MannWhitney.Test(s.X, s.Y), MannWhitney.Test([.. s.X.Select(v => v + 1024)], s.Y));
        // Moving a sample makes and breaks ties with the other, and a tie decides between the exact test and the normal curve.
        return found.P is >= 0 and <= 1 && found.Low <= found.Shift && found.Shift <= found.High && moved.Shift == found.Shift + 1024
            && (moved.IsExact != found.IsExact || (moved.Low == found.Low + 1024 && moved.High == found.High + 1024));
    }).Holds();

    [Fact]
    public void Equal_values_speak_for_no_difference_at_all()
    {
        var found = MannWhitney.Test([3, 3, 3], [3, 3]);
        Assert.Equal(new RankTest(3, 1, 0, 0, 0, false), found);
    }

    [Fact]
    public void The_exact_distribution_sums_to_one_and_is_symmetric()
    {
        foreach (var (n, m) in new[] { (1, 1), (1, 6), (7, 3), (49, 49) })
        {
            var distribution = new WilcoxonDistribution(n, m);
            Assert.Equal(1, distribution.AtMost(n * m), 12);
            Assert.Equal(0, distribution.AtMost(-1));
            Assert.Equal(1, distribution.AtMost((n * m) - 1) + distribution.AtMost(0), 12);
            Assert.Equal((n * m) / 2, distribution.Quantile(distribution.AtMost((n * m) / 2)));
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.25, 1.75)]
    [InlineData(0.5, 2.5)]
    [InlineData(1, 4)]
    public void Quantiles_lie_between_the_values(double q, double expected) =>
        Assert.Equal(expected, SampleQuantile.Of([4, 1, 3, 2], q), 15);

    [Fact]
    public void Fences_hold_the_middle_and_never_cut_inside_the_outer_hundredths()
    {
        double[] values = [.. Enumerable.Range(0, 101).Select(i => (double)i)];
        Assert.Equal(new OutlierFences(-125, 225), OutlierFences.Of(values));
        Assert.Equal(new OutlierFences(1, 99), OutlierFences.Of(values, 0));

        double[] spiked = [.. Enumerable.Repeat(1.0, 99), 2, 1000];
        var fences = OutlierFences.Of(spiked);
        Assert.True(fences.Holds(2) && !fences.Holds(1000), $"{fences}");
    }

    [Fact]
    public void A_sample_without_values_or_with_unmeasured_ones_is_refused_and_the_value_named()
    {
        Assert.Contains("at least one value", Assert.Throws<ArgumentException>(() => MannWhitney.Test([], [1])).Message);
        Assert.Contains(
            "Value 2 of 3 is NaN", Assert.Throws<ArgumentException>(() => HodgesLehmann.Shift([1, double.NaN, 2], [1])).Message);
        Assert.Contains(
            "Value 1 of 1 is", Assert.Throws<ArgumentException>(() => SampleQuantile.Of([double.PositiveInfinity], 0.5)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => SampleQuantile.Of([1], double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => MannWhitney.Test([1], [2], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => OutlierFences.Of([1], -1));
    }

    [Fact]
    public void Thousands_of_values_are_no_matter()
    {
        double[] x = [.. Enumerable.Range(0, 5000).Select(i => Math.Sin(i) + 0.5)], y =
            [.. Enumerable.Range(0, 4000).Select(i => Math.Sin(i + 0.5))];
        var found = MannWhitney.Test(x, y, 0.99);
        Assert.InRange(found.Shift, 0.4, 0.6);
        Assert.True(found.Low > 0.4 && found.High < 0.6 && found.P < 1e-50, $"{found}");
    }

    private sealed record Pair(double[] X, double[] Y);

    // Sixteenths: sums are exact, and ties are common in one half of the samples and rare in the other.
    private static Arbitrary<Pair> TwoSamples()
    {
        var value = Gen.OneOf(Gen.Choose(-8, 8).Select(v => v / 2.0), Gen.Choose(-100_000, 100_000).Select(v => v / 16.0));
        var sample = value.NonEmptyListOf().Select(l => l.Take(70).ToArray());
        return sample.SelectMany(x => sample.Select(y => new Pair(x, y))).ToArbitrary();
    }

    private static bool Near(double a, double b) => Math.Abs(a - b) <= 1e-12;

    private static double[] Sorted(double[] values) => [.. values.Order()];

    private static double Root(double[] x, double[] y, double z)
    {
        var (sortedX, sortedY) = (Sorted(x), Sorted(y));
        var (low, high) = (sortedX[0] - sortedY[^1], sortedX[^1] - sortedY[0]);
        if (MannWhitney.W(sortedX, sortedY, low) <= z) return low;
        if (MannWhitney.W(sortedX, sortedY, high) >= z) return high;
        for (; ; )
        {
            var middle = low + ((high - low) / 2);
            if (middle == low || middle == high) return high;
            if (MannWhitney.W(sortedX, sortedY, middle) > z) low = middle;
            else high = middle;
        }
    }
}
