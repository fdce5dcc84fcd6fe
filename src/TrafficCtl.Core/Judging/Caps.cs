namespace TrafficCtl.Core.Judging;

/// <summary>ln of the most that one tick may multiply: no verdict on fewer than three ticks (harm) or four (non-inferiority).</summary>
internal static class Caps
{
    /// <param name="weight">v, the signal's weight in the combination.</param>
    public static double Harm(Analysis analysis, double weight) => -Math.Log(analysis.Alpha * weight) / 3;

    public static double NonInferiority(Analysis analysis) => -Math.Log(analysis.AlphaNonInferiority) / 4;
}
