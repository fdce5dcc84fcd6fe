using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging;

/// <summary>When every critical signal is expected to be shown, if the candidate is as good as stable and traffic stays.</summary>
internal static class Forecasts
{
    private const double LongestSeconds = 30 * 86_400.0;

    /// <summary>Null when nothing can be said: no traffic, no past, or longer than a month.</summary>
    public static TimeSpan? Of(Evidence evidence, int margin)
    {
        var (candidate, stable) = (evidence.CandidateRps, evidence.StableRps);
        if (evidence.Mode != ComparedWith.Stable || candidate <= 0 || stable <= 0) return null;

        var longest = 0.0;
        var bound = -Math.Log(evidence.Analysis.AlphaNonInferiority);
        if (evidence.Needs(evidence.Weighting.ErrorsCritical))
        {
            var (errors, shown) = (evidence.Errors, evidence.Errors.NonInferiority[margin]);
            var growth = Growth.OfRate(errors.StableRate, errors.StableRate, shown.Rho, shown.Delta, candidate, stable);
            var seconds = Growth.Remaining(shown.LogE, bound, growth / errors.Phi.NonInferiority);
            longest = Math.Max(longest, seconds + WarmUpLeft(evidence, evidence.Analysis.ErrorWarmUp));
        }

        if (evidence.Needs(evidence.Weighting.LatencyCritical))
        {
            foreach (var level in evidence.Latency)
            {
                if (level.NonInferiority.Length == 0) continue;
                var seconds = Remaining(evidence, level, margin, bound);
                longest = Math.Max(longest, seconds + WarmUpLeft(evidence, evidence.Analysis.LatencyWarmUp));
            }
        }

        return longest < LongestSeconds ? TimeSpan.FromSeconds(Math.Ceiling(longest)) : null;
    }

    private static double Remaining(Evidence evidence, LatencySignal level, int margin, double bound)
    {
        var past = evidence.Past;
        if (past.LatencyTotal < LatencyBoundary.LeastHistory) return double.PositiveInfinity;
        var boundary = level.Boundary ?? LatencyBoundary.At(past, level.Level.Quantile);
        var stableRate = Math.Clamp(boundary.Count(past, 0) / past.LatencyTotal, 1e-6, 0.98);
        var candidateRate = boundary.Count(past, level.Shift(margin)) / past.LatencyTotal;
        var growth = Growth.OfProportion(candidateRate, stableRate, evidence.CandidateRps, evidence.StableRps);
        return Growth.Remaining(level.NonInferiority[margin].LogE, bound, growth / level.Phi.NonInferiority);
    }

    private static double WarmUpLeft(Evidence evidence, TimeSpan warmUp) => Math.Max(0, warmUp.TotalSeconds - evidence.Elapsed);
}
