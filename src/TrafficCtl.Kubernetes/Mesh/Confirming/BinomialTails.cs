namespace TrafficCtl.Kubernetes.Mesh.Confirming;

/// <summary>How likely a count at least as extreme is under a share.</summary>
internal static class BinomialTails
{
    /// <summary>For more requests than this the normal approximation is as good.</summary>
    private const long ExactUpTo = 2000;

    /// <summary>P(X ≤ x) of n requests with a share p each; the variance is <paramref name="dispersion"/> times the binomial one.</summary>
    public static double Lower(long x, long n, double p, double dispersion)
    {
        if (p <= 0) return 1;
        if (p >= 1) return x >= n ? 1 : 0;
        if (n > ExactUpTo || dispersion > 1) return Normal((x + 0.5 - (n * p)) / Math.Sqrt(n * p * (1 - p) * dispersion));
        var term = n * Math.Log(1 - p);
        var sum = Math.Exp(term);
        for (long k = 1; k <= x; k++)
        {
            term += Math.Log((double)(n - k + 1) / k) + Math.Log(p / (1 - p));
            sum += Math.Exp(term);
        }

        return Math.Min(1, sum);
    }

    /// <summary>P(X ≥ x).</summary>
    public static double Upper(long x, long n, double p, double dispersion) => Lower(n - x, n, 1 - p, dispersion);

    /// <summary>The standard normal distribution function; absolute error below 7.5e-8. Source: Abramowitz and Stegun, 26.2.17.</summary>
    private static double Normal(double z)
    {
        var t = 1 / (1 + (0.2316419 * Math.Abs(z)));
        var tail = Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI)
            * t * (0.319381530 + (t * (-0.356563782 + (t * (1.781477937 + (t * (-1.821255978 + (t * 1.330274429))))))));
        return z >= 0 ? 1 - tail : tail;
    }
}
