namespace TrafficCtl.Core.Judging.Signals;

/// <summary>ln of the most that one tick may multiply: no verdict on fewer than three ticks (harm) or four (non-inferiority).</summary>
internal static class Caps
{
    /// <param name="weight">v, the signal's weight in the combination.</param>
    public static double Harm(Analysis analysis, double weight) => -Math.Log(analysis.Alpha * weight * Weighting.LeastOfFamily) / 3;

    /// <summary>
    /// Against a frozen past nothing tells an incident that would have met stable too from a bad version, except that it
    /// ends: harm must last five minutes. What fails outright is the safety breaker's.
    /// </summary>
    public static double Past(Analysis analysis, double weight) =>
        -Math.Log(analysis.Alpha * weight) / Math.Max(3, PastSeconds / analysis.Tick.TotalSeconds);

    public const double PastSeconds = 300;

    public static double NonInferiority(Analysis analysis) => -Math.Log(analysis.AlphaNonInferiority) / 4;
}
