using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using Xunit;
using static TrafficCtl.Core.Tests.Judging.EngineReference;

namespace TrafficCtl.Core.Tests.Judging;

/// <summary>Our statistics against the reference engine's on random sequences, to 1e-9.</summary>
public class EngineReferenceTests
{
    [Fact]
    public void Processes_of_pairs_agree()
    {
        foreach (var known in Recorded.Pairs)
        {
            var bets = known.Bets switch
            {
                "harm" => Bets.Harm,
                "nonInferiority" => Bets.NonInferiority,
                "harmOdds" => Bets.HarmOdds,
                _ => Bets.NonInferiorityOdds,
            };
            var form = known.Bets.EndsWith("Odds", StringComparison.Ordinal) ? PairForm.Proportion : PairForm.Rate;
            var process = new PairE(form, bets, known.Rho, known.Delta, LogCap(known.Cap));
            for (var i = 0; i < known.Ticks.Length; i++)
            {
                var tick = known.Ticks[i];
                process.Step(Pair(tick), tick[4], tick[5], tick[6]);
                Agree(tick[7], process.LogE, $"{known.Name}, tick {i}");
            }

            for (var j = 0; j < known.Weights.Length; j++) Agree(known.Weights[j], process.Weights[j], $"{known.Name}, weight {j}");
        }
    }

    [Fact]
    public void Dispersion_agrees_through_changes_of_weight_incidents_and_silence()
    {
        foreach (var known in Recorded.Dispersions)
        {
            var dispersion = new Dispersion(new Spread(known.Tau0, known.TauMin), known.Seconds);
            for (var i = 0; i < known.Ticks.Length; i++)
            {
                var tick = known.Ticks[i];
                var phi = dispersion.Step(Pair(tick), tick[4], tick[5], known.Seconds, new Phi(1, 1), new Phi(1, 1));
                Agree(tick[6], phi.Harm, $"{known.Name}, harm, tick {i}");
                Agree(tick[7], phi.NonInferiority, $"{known.Name}, non-inferiority, tick {i}");
            }

            double[] after = [dispersion.One.Sum, dispersion.One.Degrees, dispersion.Three.Sum, dispersion.Three.Degrees];
            for (var i = 0; i < after.Length; i++) Agree(known.After[i], after[i], $"{known.Name}, after, {i}");
        }
    }

    [Fact]
    public void Predicted_rates_agree()
    {
        foreach (var known in Recorded.Rates)
        {
            var rate = new RateEstimate(known.A, known.B);
            rate.Begin(known.Events, known.Requests, 60);
            for (var i = 0; i < known.Ticks.Length; i++)
            {
                rate.Update(known.Ticks[i][0], known.Ticks[i][1], known.Seconds);
                Agree(known.Ticks[i][2], rate.Value, $"tick {i}");
            }
        }
    }

    [Fact]
    public void Intervals_of_ratios_agree()
    {
        foreach (var known in Recorded.Ratios)
        {
            var (ratio, done) = (new RatioCS(), 0);
            foreach (var look in known.Looks)
            {
                for (; done < look[0]; done++) ratio.Step(Pair(known.Ticks[done]), known.Ticks[done][4]);
                var (at95, at99) = (ratio.Interval(0.05), ratio.Interval(0.01));
                double[] found = [at95.Low, at95.Estimate, at95.High, at99.Low, at99.Estimate, at99.High];
                for (var i = 0; i < found.Length; i++) Agree(look[i + 1], found[i], $"after {done} ticks, {i}");
            }
        }
    }

    [Fact]
    public void Gauges_agree_through_outliers_and_drift()
    {
        foreach (var known in Recorded.Gauges)
        {
            var gauge = new GaugeE(Math.Log(known.Tolerance), known.Side, LogCap(known.Cap));
            for (var i = 0; i < known.Blocks.Length; i++)
            {
                gauge.Step(known.Blocks[i][0], Bets.Share(60, 60 * (i + 1)));
                Agree(known.Blocks[i][1], gauge.LogE, $"side {known.Side}, block {i}");
            }

            Agree(known.Correlation, gauge.Correlation, "correlation");
            Agree(known.Scale, gauge.Scale, "scale");
        }
    }

    [Fact]
    public void Growth_and_the_time_to_decide_agree()
    {
        foreach (var row in Recorded.Growths)
        {
            var (candidate, stable, weight, rps, alpha) = (row[0], row[1], row[4], row[5], row[6]);
            var byRate = Growth.OfRate(candidate, stable, row[2], row[3], weight * rps, (1 - weight) * rps);
            var byShare = Growth.OfProportion(candidate, stable, weight * rps, (1 - weight) * rps);
            double[] found = [byRate, Growth.Eta(byRate, alpha), byShare, Growth.Eta(byShare, alpha)];
            for (var i = 0; i < found.Length; i++) Agree(row[7 + i], found[i], $"{candidate} and {stable}, {i}");
        }
    }

    private static double LogCap(double? cap) => cap is { } most ? Math.Log(most) : double.PositiveInfinity;
}
