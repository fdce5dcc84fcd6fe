using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Routing;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging;

/// <summary>The promised error rates under looking at every tick, by seeded simulation.</summary>
public class ErrorRateTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1, 9, 0.03)]
    [InlineData(10, 90, 0.001)]
    [InlineData(500, 4500, 0.001)]
    public void Harm_on_its_boundary_crosses_no_more_often_than_alpha(int nC, int nB, double p)
    {
        var crossed = Crossed(500, 400, 0.05, nC, nB, (1.1 * p) + 0.0002, p,
            () => new PairE(PairForm.Rate, Bets.Harm, 1.1, 0.0002, double.PositiveInfinity));
        output.WriteLine($"{crossed} of 500");
        Assert.InRange(crossed, 0, 35);
    }

    [Theory]
    [InlineData(1, 9, 0.03)]
    [InlineData(10, 90, 0.03)]
    [InlineData(500, 4500, 0.001)]
    public void Non_inferiority_on_its_boundary_crosses_no_more_often_than_alpha(int nC, int nB, double p)
    {
        var crossed = Crossed(500, 400, 0.05, nC, nB, (1.1 * p) + 0.001, p,
            () => new PairE(PairForm.Rate, Bets.NonInferiority, 1.1, 0.001, double.PositiveInfinity));
        output.WriteLine($"{crossed} of 500");
        Assert.InRange(crossed, 0, 35);
    }

    [Fact]
    public void A_level_on_its_boundary_crosses_no_more_often_than_alpha()
    {
        foreach (var bets in new[] { Bets.HarmOdds, Bets.NonInferiorityOdds })
        {
            var crossed = Crossed(
                500, 400, 0.05, 10, 90, 0.5, 0.5, () => new PairE(PairForm.Proportion, bets, 1, 0, double.PositiveInfinity));
            output.WriteLine($"{crossed} of 500");
            Assert.InRange(crossed, 0, 35);
        }
    }

    [Fact]
    public void The_whole_judge_fails_an_equal_version_no_more_often_than_alpha()
    {
        // Half an hour of ticks, 20 requests/s, 1 % errors; weights 10 and 50 %.
        var failed = Enumerable.Range(1, 150).Count(seed => Judged(seed, 360, 1) == Verdict.Fail);
        output.WriteLine($"{failed} of 150");
        Assert.InRange(failed, 0, 4);
    }

    [Fact]
    public void The_whole_judge_passes_a_version_beyond_the_margin_no_more_often_than_alpha()
    {
        var passed = Enumerable.Range(1, 100).Count(seed => Judged(seed, 360, 1.30) == Verdict.Pass);
        output.WriteLine($"{passed} of 100");
        Assert.InRange(passed, 0, 7);
    }

    private static Verdict Judged(int seed, int ticks, double errorRatio)
    {
        var traffic = new Simulation(seed, 20, 5);
        var (stable, candidate) = (new Version(Errors: 0.01), new Version(Errors: (0.01 * errorRatio) + (errorRatio > 1 ? 0.001 : 0)));
        var judge = new Judge(Analysis.Default, traffic.Past(stable, 600));
        var last = Verdict.Unsure;
        for (var i = 0; i < ticks; i++)
        {
            judge.Observe(traffic.Next(stable, candidate, Weights.OfCandidate(i < ticks / 4 ? 1000 : 5000)));
            if (judge.Evidence.Failure is not null) return Verdict.Fail;
            if (judge.Evidence.IsShown(2)) last = Verdict.Pass;
        }

        return last;
    }

    private static int Crossed(int runs, int looks, double alpha, int nC, int nB, double pC, double pB, Func<PairE> make)
    {
        var crossed = 0;
        for (var run = 0; run < runs; run++)
        {
            var (chance, process, rate) = (new Chance(run), make(), new RateEstimate(0.5, 500));
            rate.Begin(pB * 10_000, 10_000, 600);
            for (var look = 1; look <= looks; look++)
            {
                var pair = new PairCounts(nC, chance.Binomial(nC, pC), nB, chance.Binomial(nB, pB));
                process.Step(pair, rate.Value, 1, Bets.Share(5, 5 * look));
                rate.Update(pair.StableX, pair.StableN, 5);
                if (process.LogE < -Math.Log(alpha)) continue;
                crossed++;
                break;
            }
        }

        return crossed;
    }
}
