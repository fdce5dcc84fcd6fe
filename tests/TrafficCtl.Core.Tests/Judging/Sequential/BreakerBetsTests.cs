using TrafficCtl.Core.Judging.Sequential;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging.Sequential;

/// <summary>What the safety breaker's ratios are worth in expectation, by enumeration.</summary>
public sealed class BreakerBetsTests
{
    /// <summary>One block is worth at most its stake at every point of the null.</summary>
    [Theory]
    [InlineData(0.01)]
    [InlineData(0.05)]
    [InlineData(0.20)]
    [InlineData(0.30)]
    public void A_block_is_worth_no_more_than_its_stake_everywhere_in_the_null(double past)
    {
        foreach (var candidates in (int[])[1, 3, 8])
            foreach (var stables in (int[])[1, 4, 15])
            {
                var worth = new double[candidates + 1, stables + 1];
                for (var x = 0; x <= candidates; x++)
                    for (var y = 0; y <= stables; y++)
                    {
                        var bets = new BreakerBets();
                        bets.Observe(new BreakerCounts(candidates, x, stables, y), past);
                        worth[x, y] = bets.Worth;
                    }

                for (var i = 0; i <= 40; i++)
                    for (var j = 0; j <= 40; j++)
                    {
                        double p = i / 40.0, q = j / 40.0;
                        if (p > Math.Max(0.2, 3 * q) + 1e-12) continue;
                        var expected = 0.0;
                        for (var x = 0; x <= candidates; x++)
                            for (var y = 0; y <= stables; y++)
                                expected += Binomial(candidates, x, p) * Binomial(stables, y, q) * worth[x, y];
                        Assert.True(expected <= BreakerBets.Stake(0) + 1e-12, $"n {candidates}/{stables}, rates {p}/{q}: {expected}");
                    }
            }
    }

    /// <summary>
    /// Two stretches with rates of their own, each request falling to the candidate with one probability: E2 is worth at most 1.
    /// </summary>
    [Theory]
    [InlineData(0.05)]
    [InlineData(0.15)]
    [InlineData(0.50)]
    [InlineData(0.95)]
    public void An_incident_that_comes_and_goes_while_they_are_counted_is_worth_nothing(double share)
    {
        (double Candidate, double Stable)[] points = [
            (0, 0), (0.001, 0.001), (0.3, 0.1), (0.5, 0.5), (0.75, 0.25), (0.9, 0.3), (1, 1 / 3.0), (1, 1)
        ];
        foreach (var rate in (double[])[0.4, 0.64, 0.984])
            foreach (var (first, second) in points.SelectMany(a => points, (a, b) => (a, b)))
            {
                var expected = 0.0;
                foreach (var (a, p) in Counts(7, share, first))
                    foreach (var (b, q) in Counts(9, share, second))
                    {
                        var all = a + b;
                        expected += p * q * Math.Exp(all.LogCandidate(rate) + all.LogStable(0.02) - all.BestBesideStable());
                    }

                Assert.True(expected <= 1 + 1e-9, $"share {share}, alternative {rate}, {first} then {second}: {expected}");
            }
    }

    [Fact]
    public void The_best_rates_of_the_null_are_no_worse_than_any_others_of_it()
    {
        var chance = new Random(7);
        for (var i = 0; i < 2_000; i++)
        {
            var (candidates, stables) = (chance.Next(1, 40), chance.Next(40));
            var counts = new BreakerCounts(candidates, chance.Next(candidates + 1), stables, chance.Next(stables + 1));
            var best = counts.BestBesideStable();
            for (var q = 0.0; q <= 1; q += 0.01)
                for (var p = 0.0; p <= Math.Min(1, 3 * q); p += 0.01)
                    Assert.True(counts.LogCandidate(p) + counts.LogStable(q) <= best + 1e-9, $"{counts} at {p}/{q}");
        }
    }

    [Fact]
    public void Stakes_sum_to_at_most_one()
    {
        // The rest of the sum is below ∫ dk / (k ln² k) = 1 / ln k.
        var sum = 0.0;
        for (long block = 0; block < 2_000_000; block++) sum += BreakerBets.Stake(block);
        var tail = BreakerBets.Stake(2_000_000) * 2_000_000 * Math.Log(2_000_000);

        Assert.InRange(sum + tail, 0.9, 1);
    }

    [Fact]
    public void A_block_that_is_cut_off_with_one_arm_only_raises_nothing()
    {
        foreach (var counts in (BreakerCounts[])[new(20, 20, 0, 0), new(20, 3, 0, 0), new(0, 0, 20, 0), new(0, 0, 20, 20)])
        {
            var bets = new BreakerBets();
            bets.Observe(new BreakerCounts(5, 5, 100, 0), 0.01);
            var before = bets.Worth;
            bets.Observe(counts, 0.01);
            bets.Close();

            Assert.InRange(bets.Worth, 0, before);
        }
    }

    /// <summary>All counts of so many requests, with their probabilities.</summary>
    private static IEnumerable<(BreakerCounts Counts, double Probability)> Counts(
        int requests, double share, (double Candidate, double Stable) rates)
    {
        for (var n = 0; n <= requests; n++)
            for (var x = 0; x <= n; x++)
                for (var y = 0; y <= requests - n; y++)
                {
                    var probability =
                        Binomial(requests, n, share) * Binomial(n, x, rates.Candidate) * Binomial(requests - n, y, rates.Stable);
                    if (probability > 0) yield return (new BreakerCounts(n, x, requests - n, y), probability);
                }
    }

    private static double Binomial(int n, int k, double p)
    {
        var ways = 1.0;
        for (var i = 0; i < k; i++) ways = ways * (n - i) / (i + 1);
        return ways * Math.Pow(p, k) * Math.Pow(1 - p, n - k);
    }
}
