using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Judging.Signals;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging.Estimates;

/// <summary>Numbers: reference engine (Python), statistics 8.2, V4 to V7 and V9.</summary>
public class StatisticTests
{
    [Fact]
    public void Dispersion_agrees_with_the_reference()
    {
        (int, int, int, int)[] blocks =
        [
            (1000, 20, 9000, 150), (1000, 12, 9000, 160), (1000, 25, 9000, 140), (1000, 18, 9000, 155),
            (1000, 30, 9000, 150), (1000, 9, 9000, 149), (1000, 22, 9000, 152), (1000, 16, 9000, 148),
        ];
        double[] phi = [1.584199, 1.584199, 2.218950, 4.293575, 3.544587, 3.662716, 5.324413, 5.174834];
        double[] sums = [0, 2.218950, 8.501279, 10.422503, 14.217168, 25.578268, 29.537334, 29.762693];
        double[] degrees = [0, 1, 1.98, 2.9404, 3.8816, 4.8040, 5.7079, 6.5937];
        double[] sums3 = [0, 0, 0, 0, 0, 0.014471, 0.293075, 6.614438];
        double[] degrees3 = [0, 0, 0, 0, 0, 1, 1.98, 2.9404];

        var dispersion = new Dispersion(Spread.Errors, 60);
        for (var i = 0; i < blocks.Length; i++)
        {
            var (nC, xC, nB, xB) = blocks[i];
            var found = dispersion.Step(new PairCounts(nC, xC, nB, xB), 0.1, 0.0165, 60, new Phi(1, 1), new Phi(1, 1));
            Assert.Equal(phi[i], found.Harm, 6);
            Assert.Equal(phi[i], found.NonInferiority, 6);
            Assert.Equal(sums[i], dispersion.One.Sum, 6);
            Assert.Equal(degrees[i], dispersion.One.Degrees, 4);
            Assert.Equal(sums3[i], dispersion.Three.Sum, 6);
            Assert.Equal(degrees3[i], dispersion.Three.Degrees, 4);
        }
    }

    [Fact]
    public void Dispersion_forgets_its_z_scores_when_the_weight_changes_and_nothing_else()
    {
        var dispersion = new Dispersion(Spread.Errors, 60);
        foreach (var weight in new[] { 0.1, 0.1, 0.25, 0.25 })
            dispersion.Step(new PairCounts(1000, 20, 9000, 150), weight, 0.0165, 60, new Phi(1, 1), new Phi(1, 1));
        Assert.Equal(1.98, dispersion.One.Degrees, 12);
    }

    [Fact]
    public void An_incident_minute_counts_like_a_normal_minute()
    {
        var dispersion = new Dispersion(Spread.Errors, 60);
        var phi = dispersion.Step(new PairCounts(1000, 100, 9000, 900), 0.1, 0.01, 60, new Phi(1, 1), new Phi(1, 1));
        Assert.True(phi.Harm > 4.5, $"{phi.Harm}");
    }

    [Theory]
    [InlineData("10/1000 50/9000", 0.571209, 1.786038, 4.481689, 0.458406, 5.15517)]
    [InlineData("10/1000 50/9000, 10/1000 50/9000, 10/1000 50/9000, 10/1000 50/9000", 1.020201, 1.786038, 3.004166, 0.923116, 3.189933)]
    [InlineData("0/500 0/500", 0.018316, 0.018316, 54.59815, 0.018316, 54.59815)]
    [InlineData("5/500 0/500", 0.527292, 54.59815, 54.59815, 0.332871, 54.59815)]
    [InlineData("3/100 9/900, 10/400 8/600, 14/500 6/500", 0.904837, 2.225541, 5.812437, 0.771052, 6.820958)]
    public void The_ratios_interval_agrees_with_the_reference(
        string strata, double low, double best, double high, double low99, double high99)
    {
        var ratio = new RatioCS();
        foreach (var pair in Pairs(strata)) ratio.Step(pair, 1);

        var (at95, at99) = (ratio.Interval(0.05), ratio.Interval(0.01));
        double[] expected = [low, best, high, low99, best, high99];
        double[] found = [at95.Low, at95.Estimate, at95.High, at99.Low, at99.Estimate, at99.High];
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], found[i], 5e-6 * Math.Max(1, expected[i]));
    }

    [Theory]
    [InlineData("3/100 9/900, 10/400 8/600, 14/500 6/500", 2.2112676056)]
    [InlineData("50/1000 450/9000, 5/5000 5/5000", 1.0)]
    public void The_stratified_ratio_agrees_with_the_reference(string strata, double expected)
    {
        var ratio = new MantelHaenszel();
        foreach (var pair in Pairs(strata)) ratio.Step(pair);
        ratio.Step(new PairCounts(10, 3, 0, 0));
        Assert.Equal(expected, ratio.Ratio, 10);
    }

    [Fact]
    public void A_stratified_process_sees_no_harm_where_pooling_would_see_a_gain()
    {
        var process = new PairE(PairForm.Rate, Bets.Harm, 1, 0, double.PositiveInfinity);
        var elapsed = 0;
        foreach (var pair in Pairs("50/1000 450/9000, 5/5000 5/5000")) process.Step(pair, 0.01, 1, Bets.Share(5, elapsed += 5));
        Assert.Equal(-0.6512811754, process.LogE, 10);
    }

    [Theory]
    [InlineData(0.001, 0.001, 1.1, 0.001, 0.5, 50, 0.05, 0.0063797550, 861.433)]
    [InlineData(0.001, 0.001, 1.1, 0.001, 0.5, 500, 0.05, 0.0637975502, 86.143)]
    [InlineData(0.001, 0.001, 1.2, 0.002, 0.5, 5, 0.05, 0.0020720259, 2652.347)]
    [InlineData(0.03, 0.03, 1.1, 0.001, 0.5, 500, 0.05, 0.0302877540, 181.451)]
    [InlineData(0.01, 0.001, 1.1, 0.0002, 0.1, 50, 0.004, 0.0466112400, 172.093)]
    [InlineData(0.002, 0.001, 1.1, 0.0002, 0.1, 500, 0.004, 0.0072050300, 1113.314)]
    public void Growth_of_rates_agrees_with_the_reference(
        double pC, double pB, double rho, double delta, double weight, double rps, double alpha, double growth, double eta)
    {
        var found = Growth.OfRate(pC, pB, rho, delta, weight * rps, (1 - weight) * rps);
        Assert.Equal(growth, found, 10);
        Assert.Equal(eta, Growth.Eta(found, alpha), 3);
    }

    [Theory]
    [InlineData(0.00648, 0.01, 0.5, 50, 0.05, 0.0095489377, 575.533)]
    [InlineData(0.437, 0.5, 0.5, 50, 0.05, 0.0996877202, 55.129)]
    [InlineData(0.0177, 0.01, 0.1, 500, 0.004, 0.1072121976, 74.819)]
    public void Growth_of_proportions_agrees_with_the_reference(
        double pC, double pB, double weight, double rps, double alpha, double growth, double eta)
    {
        var found = Growth.OfProportion(pC, pB, weight * rps, (1 - weight) * rps);
        Assert.Equal(growth, found, 10);
        Assert.Equal(eta, Growth.Eta(found, alpha), 3);
    }

    [Fact]
    public void The_combination_agrees_with_the_reference()
    {
        var v = new Weighting(Analysis.Default);
        double[] shares = [.. LatencyLevel.Of(Analysis.Default).Select(l => l.Share)];
        double[] e = [12, 30, 200];
        var latency = Weighting.LogSum([.. e.Zip(shares, (x, u) => Math.Log(x * u))]);
        Assert.Equal(92.6, Math.Exp(latency), 10);
        var all = Weighting.LogSum([Math.Log(v.Errors * 40), Math.Log(v.Latency) + latency, Math.Log(v.Guard * 0.5)]);
        Assert.Equal(53.14, Math.Exp(all), 10);
    }

    [Fact]
    public void Advisory_signals_are_averaged_apart()
    {
        var v = new Weighting(Analysis.Default with { Latency = new LatencyTolerance(Then: Consequence.Hold) });
        Assert.Equal(1, v.Errors + v.Guard, 12);
        Assert.Equal(1, v.Latency, 12);
    }

    [Theory]
    [InlineData(100, 4)]
    [InlineData(2499, 4)]
    [InlineData(2500, 2)]
    [InlineData(8999, 2)]
    [InlineData(9000, 1)]
    [InlineData(10000, 1)]
    public void Margins_narrow_as_more_users_are_exposed(int next, double multiplier) =>
        Assert.Equal(multiplier, Margins.Multipliers[Margins.For(Weights.OfCandidate(next))]);

    [Theory]
    [InlineData(0.05, 3)]
    [InlineData(0.10, 6)]
    [InlineData(0.40, 21)]
    [InlineData(0.001, 1)]
    public void Shifts_are_whole_buckets(double shift, int buckets) => Assert.Equal(buckets, Margins.Buckets(LatencyLayout.Proxy, shift));

    /// <summary>Events of requests, the candidate's first.</summary>
    private static IEnumerable<PairCounts> Pairs(string strata) => strata.Split(", ").Select(stratum =>
    {
        var n = stratum.Split(' ', '/').Select(double.Parse).ToArray();
        return new PairCounts(n[1], n[0], n[3], n[2]);
    });
}
