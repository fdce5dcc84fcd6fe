using TrafficCtl.Simulator.Chances;
using Xunit;

namespace TrafficCtl.Simulator.Tests.Chances;

/// <summary>
/// Samples against the exact probabilities, by χ² over bins of equal weight; seeds are fixed, so a bound is met or missed for good.
/// </summary>
public class SamplingTests
{
    private const int Draws = 200_000;

    [Theory]
    [InlineData(0.004)]
    [InlineData(0.7)]
    [InlineData(9.9)]
    [InlineData(10.1)]
    [InlineData(37.5)]
    [InlineData(1200)]
    [InlineData(90_000)]
    public void Poisson_has_its_probabilities_and_tails(double mean) =>
        Fits(c => c.Poisson(mean), k => Math.Exp((k * Math.Log(mean)) - mean - LogFactorial.Of(k)), mean, mean);

    [Theory]
    [InlineData(1, 0.3)]
    [InlineData(40, 0.001)]
    [InlineData(40, 0.2)]
    [InlineData(60, 0.5)]
    [InlineData(250, 0.97)]
    [InlineData(5000, 0.004)]
    [InlineData(5000, 0.05)]
    [InlineData(1_000_000, 0.03)]
    public void Binomial_has_its_probabilities_and_tails(long n, double p) =>
        Fits(
            c => c.Binomial(n, p),
            k => k > n ? 0 : Math.Exp(LogFactorial.Of(n) - LogFactorial.Of(k) - LogFactorial.Of(n - k)
                + (k * Math.Log(p))
                + ((n - k) * Math.Log(1 - p))),
            n * p, n * p * (1 - p));

    [Theory]
    [InlineData(1, 2)]
    [InlineData(3, 2)]
    [InlineData(8, 5)]
    [InlineData(9, 5)]
    [InlineData(200, 2)]
    public void Clumps_add_up_to_a_negative_binomial(long clumps, double mean)
    {
        var more = 1 - (1 / mean);
        Fits(
            c => c.Clumps(clumps, mean),
            k => k < clumps ? 0 : Math.Exp(LogFactorial.Of(k - 1) - LogFactorial.Of(clumps - 1) - LogFactorial.Of(k - clumps)
                + (clumps * Math.Log(1 - more)) + ((k - clumps) * Math.Log(more))),
            clumps * mean, clumps * mean * (mean - 1));
    }

    [Fact]
    public void Clumps_of_mean_2_have_three_times_the_variance_and_of_mean_5_nine_times()
    {
        foreach (var (mean, ratio) in new[] { (2.0, 3.0), (5.0, 9.0) })
        {
            var chance = new Chance(5);
            var (sum, squares) = (0.0, 0.0);
            for (var i = 0; i < Draws; i++)
            {
                var k = chance.Clumps(1, mean);
                (sum, squares) = (sum + k, squares + (k * k));
            }

            Assert.InRange(squares / sum, ratio * 0.98, ratio * 1.02);
        }
    }

    [Fact]
    public void Normal_has_the_moments_and_the_tails_of_its_distribution_function()
    {
        var chance = new Chance(8);
        var (sum, squares, beyond) = (0.0, 0.0, 0);
        for (var i = 0; i < Draws; i++)
        {
            var z = chance.Normal();
            (sum, squares) = (sum + z, squares + (z * z));
            if (Math.Abs(z) > 2.5) beyond++;
        }

        Assert.InRange(sum / Draws, -0.01, 0.01);
        Assert.InRange(squares / Draws, 0.99, 1.01);
        Assert.InRange(beyond / (2 * NormalTail.Below(-2.5) * Draws), 0.93, 1.07);
    }

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(1, 0.841344746068543)]
    [InlineData(-2.3263478740408408, 0.01)]
    [InlineData(-6, 9.865876450376946e-10)]
    public void The_normal_distribution_function_is_that_of_the_tables(double z, double below) =>
        Assert.InRange(NormalTail.Below(z) / below, 1 - 1e-9, 1 + 1e-9);

    [Fact]
    public void A_log_factorial_beyond_the_table_goes_on_where_the_table_ends() =>
        Assert.All([1023L, 1024, 1025, 100_000], n => Assert.Equal(LogFactorial.Of(n - 1) + Math.Log(n), LogFactorial.Of(n), 1e-9));

    [Fact]
    public void Seeds_that_differ_in_one_part_give_different_streams()
    {
        var first = new Chance(Chance.Seed(1, 2, 3)).Next();
        Assert.Equal(first, new Chance(Chance.Seed(1, 2, 3)).Next());
        Assert.Equal(
            4, new[] { Chance.Seed(1, 2, 3), Chance.Seed(1, 3, 2), Chance.Seed(2, 2, 3), Chance.Seed(1, 2, 4) }.Distinct().Count());
    }

    private static void Fits(Func<Chance, long> draw, Func<long, double> probability, double mean, double variance)
    {
        var (chance, counts) = (new Chance(42), new Dictionary<long, int>());
        var (sum, squares) = (0.0, 0.0);
        for (var i = 0; i < Draws; i++)
        {
            var k = draw(chance);
            counts[k] = counts.GetValueOrDefault(k) + 1;
            (sum, squares) = (sum + (k - mean), squares + ((k - mean) * (k - mean)));
        }

        var deviation = Math.Sqrt(variance / Draws);
        Assert.InRange(sum / Draws, -4 * deviation, 4 * deviation);

        // Bins of about 1/40 of the probability in the middle, down to 20 expected draws in the tails.
        var (chi, bins, expected, seen) = (0.0, 0, 0.0, 0L);
        var (from, to) = ((long)Math.Max(0, mean - (7 * Math.Sqrt(variance))), (long)(mean + (12 * Math.Sqrt(variance)) + 30));
        var left = (double)Draws;
        for (var k = from; k <= to; k++)
        {
            expected += probability(k) * Draws;
            seen += counts.GetValueOrDefault(k);
            var isTail = Math.Abs(k - mean) > 2.5 * Math.Sqrt(variance);
            if (expected < (isTail ? 20 : Draws / 40.0) || left - expected < 20) continue;
            (chi, bins, left) = (chi + ((seen - expected) * (seen - expected) / expected), bins + 1, left - expected);
            (expected, seen) = (0, 0);
        }

        Assert.InRange(expected + 20, seen - (5 * Math.Sqrt(expected + 20)), 1e9); // What is left of the upper tail.
        Assert.InRange(chi, 0, bins + (4 * Math.Sqrt(2 * bins)) + 4);
    }
}
