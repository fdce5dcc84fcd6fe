using TrafficCtl.Core.Judging.Signals;

namespace TrafficCtl.Core.Judging;

/// <summary>When every needed signal is expected to be shown, if the candidate is as good as stable and traffic stays.</summary>
internal static class Forecasts
{
    private const double LongestSeconds = 30 * 86_400.0;

    /// <summary>
    /// Null when nothing can be said: no traffic, no past, longer than a month, or by what is seen now it is not as good.
    /// </summary>
    public static TimeSpan? Of(Evidence evidence, int margin)
    {
        if (evidence.Mode != ComparedWith.Stable || evidence.CandidateRps <= 0 || evidence.StableRps <= 0) return null;
        var longest = 0.0;
        var bound = -Math.Log(evidence.Analysis.AlphaNonInferiority);
        foreach (var signal in evidence.Signals)
        {
            if (!evidence.Needs(signal)) continue;
            if (evidence.IsMissing(signal, margin) && signal.IsBeyond(evidence, margin)) return null;
            longest = Math.Max(longest, signal.SecondsToShow(evidence, margin, bound));
        }

        return longest < LongestSeconds ? TimeSpan.FromSeconds(Math.Ceiling(longest)) : null;
    }
}
