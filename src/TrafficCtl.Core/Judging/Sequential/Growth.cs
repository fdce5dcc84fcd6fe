namespace TrafficCtl.Core.Judging.Sequential;

/// <summary>How fast evidence is expected to grow, and so how long it takes: statistics 3.5.</summary>
internal static class Growth
{
    /// <summary>What the wealth pays for not knowing which bet is right, in nats.</summary>
    public const double Overhead = 2.5;

    /// <summary>Expected ln E a second of the best bet in the rate form.</summary>
    public static double OfRate(double candidateRate, double stableRate, double rho, double delta, double candidateRps, double stableRps)
    {
        var projected = PairE.Project(candidateRps, stableRps, candidateRate, stableRate, rho, delta);
        return (candidateRps * Poisson(candidateRate, (rho * projected) + delta)) + (stableRps * Poisson(stableRate, projected));
    }

    /// <summary>Expected ln E a second of the best bet in the proportion form.</summary>
    public static double OfProportion(double candidateRate, double stableRate, double candidateRps, double stableRps)
    {
        var pooled = ((candidateRps * candidateRate) + (stableRps * stableRate)) / (candidateRps + stableRps);
        return (candidateRps * Bernoulli(candidateRate, pooled)) + (stableRps * Bernoulli(stableRate, pooled));
    }

    /// <summary>Seconds from nothing to 1/alpha.</summary>
    public static double Eta(double growth, double alpha) => (Math.Log(1 / alpha) + Overhead) / growth;

    /// <summary>
    /// Seconds from <paramref name="logE"/> to <paramref name="bound"/>; what is left of the overhead shrinks with the way gone.
    /// </summary>
    public static double Remaining(double logE, double bound, double growth)
    {
        var gone = Math.Clamp(logE / bound, 0, 1);
        return Math.Max(0, bound - logE + (Overhead * (1 - gone))) / growth;
    }

    private static double Poisson(double a, double m) => a > 0 ? (a * Math.Log(a / m)) - a + m : m;

    private static double Bernoulli(double a, double m) =>
        (a > 0 ? a * Math.Log(a / m) : 0) + (a < 1 ? (1 - a) * Math.Log((1 - a) / (1 - m)) : 0);
}
