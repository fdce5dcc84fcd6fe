namespace TrafficCtl.Core.Judging.Sequential;

/// <summary>The alternatives that the wealth is spread over: how much worse (harm) or better (non-inferiority) than the boundary.</summary>
/// <remarks>Values: statistics section 5. They steer power only; every set of them is valid.</remarks>
internal static class Bets
{
    /// <summary>Multiples of the boundary's rate.</summary>
    public static readonly double[] Harm = [1.2, 1.5, 2, 3, 5, 10, 30, 100];

    public static readonly double[] NonInferiority = [0.90, 0.75, 0.60, 0.45, 0.30, 0.15, 0.05];

    /// <summary>Multiples of stable's odds.</summary>
    public static readonly double[] HarmOdds = [1.07, 1.15, 1.30, 1.60, 2.2, 3.5, 6, 15];

    public static readonly double[] NonInferiorityOdds = [0.93, 0.87, 0.78, 0.65, 0.50, 0.35];

    /// <summary>The most bets that any family has.</summary>
    public const int Most = 8;

    /// <summary>The part of the wealth moved back to the prior at a tick, so that a late onset is still seen.</summary>
    public static double Share(double seconds, double elapsed) => Math.Min(0.25, seconds / (elapsed + 120));
}
