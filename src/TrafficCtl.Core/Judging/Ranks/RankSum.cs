namespace TrafficCtl.Core.Judging.Ranks;

/// <summary>How two samples interleave: Mann and Whitney's U and the ties.</summary>
/// <param name="U">Pairs in which x is the greater; an equal pair counts half. 0 to n·m.</param>
/// <param name="Ties">Σ t³ − t over the groups of t equal values; 0 without ties.</param>
internal readonly record struct RankSum(int N, int M, double U, double Ties)
{
    /// <summary>The rank sum of x − shift against y.</summary>
    /// <param name="x">Sorted.</param>
    /// <param name="y">Sorted.</param>
    public static RankSum Of(ReadOnlySpan<double> x, ReadOnlySpan<double> y, double shift)
    {
        var (i, j, u, ties) = (0, 0, 0.0, 0.0);
        while (i < x.Length || j < y.Length)
        {
            var value = j >= y.Length || (i < x.Length && x[i] - shift < y[j]) ? x[i] - shift : y[j];
            var (fromX, fromY) = (i, j);
            while (i < x.Length && x[i] - shift == value) i++;
            while (j < y.Length && y[j] == value) j++;
            double a = i - fromX, b = j - fromY, t = a + b;
            u += a * (fromY + (b / 2));
            ties += (t * t * t) - t;
        }

        return new RankSum(x.Length, y.Length, u, ties);
    }

    public double Mean => (double)N * M / 2;

    /// <summary>Standard deviation of U when both samples come from one distribution, corrected for ties; 0 when all are equal.</summary>
    public double Sigma
    {
        get
        {
            var all = (double)N + M;
            return Math.Sqrt(Math.Max(0, (double)N * M / 12 * (all + 1 - (Ties / (all * (all - 1))))));
        }
    }

    /// <summary>
    /// U in standard deviations from its mean, its distance lessened by the continuity correction; NaN when all are equal.
    /// </summary>
    public double Standardised(Alternative alternative, bool isCorrected) =>
        (U - Mean - (isCorrected ? alternative.Correction(U - Mean) : 0)) / Sigma;
}
