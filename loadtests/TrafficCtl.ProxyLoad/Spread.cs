namespace TrafficCtl.ProxyLoad;

/// <summary>A sample of ratios: its median with the distribution-free confidence limits of the sign test, two-sided 95 %.</summary>
internal sealed record Spread(double Min, double Low, double Median, double High, double Max, int Count)
{
    public static Spread Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var rank = RankOfLimit(sorted.Length);
        var middle = sorted.Length / 2;
        var median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(sorted[0], sorted[rank], median, sorted[^(rank + 1)], sorted[^1], sorted.Length);
    }

    /// <summary>
    /// The largest r with P(Binomial(n, 1/2) ≤ r) ≤ 2.5 %, which is the limit's index from 0; 0 also when the sample is too small for one.
    /// </summary>
    private static int RankOfLimit(int n)
    {
        var term = Math.Pow(0.5, n);
        var below = term;
        var rank = 0;
        while (below + (term * (n - rank) / (rank + 1)) <= 0.025)
        {
            term *= (n - rank) / (double)(rank + 1);
            below += term;
            rank++;
        }

        return rank;
    }
}
