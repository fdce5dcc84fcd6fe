using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging.Sequential;

/// <summary>Numbers: reference engine (Python), statistics 8.2, V2 and V3.</summary>
public class PairETests
{
    private static readonly (double, double, double, double)[] Sequence =
        [
            (50, 0, 450, 1), (48, 1, 452, 0), (55, 0, 445, 2), (51, 2, 449, 1), (60, 3, 440, 0), (47, 1, 453, 1), (50, 2, 450, 0),
            (52, 4, 448, 1)
        ];

    [Theory]
    [InlineData(100, 3, 900, 5, 0.006, 0.003, 1.0, 0.0, 0.0033000000, 1.3169601032)]
    [InlineData(100, 3, 900, 5, 0.006, 0.003, 1.1, 0.0002, 0.0032357219, 1.0124651042)]
    [InlineData(500, 0, 500, 0, 0.0006, 0.001, 1.1, 0.001, 0.0005884616, 0.3178846662)]
    [InlineData(50, 0, 450, 9, 0.04, 0.02, 1.1, 0.0002, 0.0217493449, -0.7612430979)]
    [InlineData(1000, 40, 9000, 100, 0.03, 0.01, 1.1, 0.001, 0.0116664644, 14.3832492731)]
    [InlineData(100, 3, 0, 0, 0.006, 0.003, 1.1, 0.0002, 0.0052727273, 0)]
    public void The_rate_form_agrees_with_the_reference(
        double nC, double xC, double nB, double xB, double thC, double thB, double rho, double delta, double projected, double logE)
    {
        Assert.Equal(projected, PairE.Project(nC, nB, thC, thB, rho, delta), 10);
        Assert.Equal(logE, PairE.RateLog(new PairCounts(nC, xC, nB, xB), thC, thB, rho, delta), 10);
    }

    [Theory]
    [InlineData(100, 60, 900, 450, 0.55, 0.5, 1.3541859950)]
    [InlineData(100, 2, 900, 10, 0.02, 0.01, 0.2461239678)]
    [InlineData(50, 10, 450, 225, 0.4, 0.5, 4.5613667447)]
    public void The_proportion_form_agrees_with_the_reference(
        double nC, double xC, double nB, double xB, double thC, double thB, double logE) =>
        Assert.Equal(logE, PairE.ProportionLog(new PairCounts(nC, xC, nB, xB), thC, thB), 10);

    [Fact]
    public void A_sequence_of_harm_agrees_with_the_reference() => Agrees(
        Rate(Bets.Harm, 0.0002), 0.002, 1, Sequence,
        [-0.20367421, 0.28890869, -0.10368137, 0.85089847, 4.46374602, 5.2434882, 8.45237039, 14.26621543],
        [4.971e-05, 1.204e-05, 2.81e-05, 0.00010568, 0.0013738, 0.03318293, 0.44293664, 0.46389737, 0.05841373]);

    [Fact]
    public void A_tempered_sequence_agrees_with_the_reference() => Agrees(
        Rate(Bets.Harm, 0.0002), 0.002, 2.5, Sequence,
        [-0.11050478, 0.09415051, -0.09918405, 0.21445573, 1.22629327, 1.46231993, 2.52942847, 4.64776431],
        [0.00739834, 0.00169529, 0.0036608, 0.00985231, 0.03585851, 0.13292019, 0.37317493, 0.34923457, 0.08620508]);

    [Fact]
    public void A_capped_sequence_agrees_with_the_reference() => Agrees(
        Rate(Bets.Harm, 0.0002, Math.Log(1 / 0.004) / 3), 0.002, 1, Sequence,
        [-0.20367421, 0.28890869, -0.10368137, 0.85089847, 2.69138544, 3.47112762, 5.31161459, 7.15210157],
        [4.971e-05, 1.204e-05, 2.81e-05, 0.00010568, 0.0013738, 0.03318293, 0.44293664, 0.46389737, 0.05841373]);

    [Fact]
    public void Non_inferiority_grows_without_any_error_as_in_the_reference() => Agrees(
        Rate(Bets.NonInferiority, 0.001), 0.002, 1, [.. Enumerable.Repeat((50.0, 0.0, 450.0, 0.0), 8)],
        [0.01338714, 0.02704868, 0.04097863, 0.05517172, 0.06962329, 0.08432926, 0.09928597, 0.1144902],
        [0.45153885, 0.06666491, 0.07012124, 0.07386132, 0.07791375, 0.08231048, 0.08708718, 0.09050227]);

    /// <summary>The reference gives the logs; the counts are the only whole numbers that lead to them at each tick.</summary>
    [Fact]
    public void A_sequence_of_proportions_agrees_with_the_reference() => Agrees(
        new PairE(PairForm.Proportion, Bets.HarmOdds, 1, 0, double.PositiveInfinity), 0.5, 1,
        [(50, 30, 450, 220), (50, 28, 450, 226), (50, 33, 450, 231), (50, 31, 450, 214)],
        [0.14580515, 0.15084365, 1.1327521, 2.50553929],
        [0.04434922, 0.01858305, 0.05668545, 0.23138297, 0.57401629, 0.07444446, 0.00053508, 3.47e-06, 0.0]);

    [Fact]
    public void Non_inferiority_of_proportions_agrees_with_the_reference() => Agrees(
        new PairE(PairForm.Proportion, Bets.NonInferiorityOdds, 1, 0, double.PositiveInfinity), 0.5, 1,
        [(250, 100, 250, 125), (250, 104, 250, 126), (250, 98, 250, 121), (250, 110, 250, 130)],
        [1.12529359, 2.56807319, 4.44202672, 5.83233419],
        [0.00659886, 0.00620719, 0.03884611, 0.35159305, 0.59539508, 0.00135916, 5.5e-07]);

    [Fact]
    public void Zero_traffic_changes_nothing_but_the_share()
    {
        var (process, other) = (Rate(Bets.Harm, 0.0002), Rate(Bets.Harm, 0.0002));
        foreach (var counts in Sequence) process.Step(Pair(counts), 0.002, 1, 0);
        foreach (var counts in Sequence)
        {
            other.Step(Pair(counts), 0.002, 1, 0);
            other.Step(default, 0.002, 1, 0);
            other.Step(new PairCounts(10, 5, 0, 0), 0.002, 1, 0);
        }

        Assert.Equal(process.LogE, other.LogE, 12);
        other.Step(default, 0.002, 1, 0.2);
        Assert.Equal(process.LogE, other.LogE, 12);
        Assert.True(other.Weights[0] > process.Weights[0]);
    }

    [Fact]
    public void Splitting_a_tick_leaves_the_evidence_of_each_bet_as_it_is()
    {
        foreach (var multiplier in Bets.Harm)
        {
            var rate = multiplier * ((1.1 * 0.002) + 0.0002);
            var whole = PairE.RateLog(new PairCounts(100, 5, 900, 3), rate, 0.002, 1.1, 0.0002);
            var parts = PairE.RateLog(new PairCounts(40, 1, 360, 3), rate, 0.002, 1.1, 0.0002)
                + PairE.RateLog(new PairCounts(60, 4, 540, 0), rate, 0.002, 1.1, 0.0002);
            Assert.Equal(whole, parts, 10);
        }
    }

    [Fact]
    public void The_cap_never_raises_the_evidence()
    {
        var random = new Chance(5);
        var (free, capped) = (Rate(Bets.Harm, 0.0002), Rate(Bets.Harm, 0.0002, 0.5));
        for (var i = 0; i < 500; i++)
        {
            var pair = new PairCounts(50, random.Poisson(0.3), 450, random.Poisson(1.0));
            free.Step(pair, 0.002, 1, 0.01);
            capped.Step(pair, 0.002, 1, 0.01);
            Assert.True(capped.LogE <= free.LogE + 1e-9);
        }
    }

    [Theory]
    [InlineData(3, 7, 0.05, 1.1, 0.02)]
    [InlineData(5, 5, 0.3, 1.0, 0.0)]
    [InlineData(1, 9, 0.01, 1.1, 0.001)]
    [InlineData(4, 6, 0.1, 3.0, 0.01)]
    public void The_rate_forms_mean_is_at_most_one_on_the_boundary(int nC, int nB, double guess, double rho, double delta)
    {
        foreach (var (bets, isHarm) in new[] { (Bets.Harm, true), (Bets.NonInferiority, false) })
        {
            foreach (var bet in bets)
            {
                for (var pB = 0.001; (rho * pB) + delta < 1; pB *= 1.7)
                {
                    foreach (var inside in new[] { 1.0, isHarm ? 0.6 : 1.3 })
                    {
                        var pC = Math.Min(1, inside * ((rho * pB) + delta));
                        var mean = Mean(nC, pC, nB, pB, c => PairE.RateLog(c, bet * ((rho * guess) + delta), guess, rho, delta));
                        Assert.True(mean <= 1 + 1e-9, $"bet {bet}, p_B {pB}: {mean}");
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(3, 7, 0.5)]
    [InlineData(5, 5, 0.01)]
    [InlineData(2, 8, 0.9)]
    public void The_proportion_forms_mean_is_at_most_one_on_the_boundary(int nC, int nB, double guess)
    {
        foreach (var bet in Bets.HarmOdds.Concat(Bets.NonInferiorityOdds))
        {
            var odds = bet * guess / (1 - guess);
            for (var p = 0.01; p < 1; p += 0.07)
            {
                var mean = Mean(nC, p, nB, p, c => PairE.ProportionLog(c, odds / (1 + odds), guess));
                Assert.True(mean <= 1 + 1e-9, $"bet {bet}, p {p}: {mean}");
            }
        }
    }

    private static double Mean(int nC, double pC, int nB, double pB, Func<PairCounts, double> logE)
    {
        var mean = 0.0;
        for (var xC = 0; xC <= nC; xC++)
            for (var xB = 0; xB <= nB; xB++)
                mean += Binomial(nC, xC, pC) * Binomial(nB, xB, pB) * Math.Exp(logE(new PairCounts(nC, xC, nB, xB)));
        return mean;
    }

    private static double Binomial(int n, int x, double p)
    {
        var choose = 1.0;
        for (var i = 0; i < x; i++) choose *= (n - i) / (double)(i + 1);
        return choose * Math.Pow(p, x) * Math.Pow(1 - p, n - x);
    }

    private static PairE Rate(double[] bets, double delta, double cap = double.PositiveInfinity) =>
        new(PairForm.Rate, bets, 1.1, delta, cap);

    private static PairCounts Pair((double, double, double, double) counts) => new(counts.Item1, counts.Item2, counts.Item3, counts.Item4);

    private static void Agrees(
        PairE process, double rate, double phi, (double, double, double, double)[] ticks, double[] logs, double[] weights)
    {
        for (var i = 0; i < ticks.Length; i++)
        {
            process.Step(Pair(ticks[i]), rate, phi, Bets.Share(5, 5 * (i + 1)));
            Assert.Equal(logs[i], process.LogE, 8);
        }

        for (var j = 0; j < weights.Length; j++) Assert.Equal(weights[j], process.Weights[j], 8);
    }
}
