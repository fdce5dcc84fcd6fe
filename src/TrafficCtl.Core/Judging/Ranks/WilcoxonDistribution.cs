namespace TrafficCtl.Core.Judging.Ranks;

/// <summary>The exact distribution of U for samples of n and m without ties, all interleavings being alike.</summary>
/// <remarks>
/// The largest of all values is one of the n with probability n/(n+m), and then beats all m others:
/// P(n, m, u) = n/(n+m) · P(n−1, m, u−m) + m/(n+m) · P(n, m−1, u). Sums of positive terms only: no digit is lost.
/// O(n²m²) to make; meant for n, m under 50.
/// </remarks>
internal sealed class WilcoxonDistribution
{
    private readonly double[] cumulative;

    public WilcoxonDistribution(int n, int m)
    {
        // One row for each number of the others; each holds u = 0 to (how many of the n)·j.
        var rows = new double[m + 1][];
        for (var j = 0; j <= m; j++)
        {
            rows[j] = new double[(n * j) + 1];
            rows[j][0] = 1;
        }

        for (var i = 1; i <= n; i++)
            for (var j = 1; j <= m; j++)
            {
                var (own, other, share) = (rows[j], rows[j - 1], (double)i / (i + j));
                for (var u = i * j; u >= 0; u--)
                    own[u] = (u >= j ? share * own[u - j] : 0) + (u <= i * (j - 1) ? (1 - share) * other[u] : 0);
            }

        cumulative = rows[m];
        for (var u = 1; u < cumulative.Length; u++) cumulative[u] += cumulative[u - 1];
    }

    /// <summary>P(U ≤ u).</summary>
    public double AtMost(double u)
    {
        var whole = (int)Math.Clamp(Math.Floor(u + 1e-7), -1, cumulative.Length - 1);
        return whole < 0 ? 0 : Math.Min(1, cumulative[whole]);
    }

    /// <summary>P(U ≥ u), by symmetry and so as exact as the other tail.</summary>
    public double AtLeast(double u) => AtMost(cumulative.Length - 1 - u);

    /// <summary>The smallest u with P(U ≤ u) ≥ p.</summary>
    public int Quantile(double p)
    {
        // What rounding may take from a sum that should meet p exactly, as R has it.
        var wanted = p - (10 * 2.220446049250313e-16);
        var u = 0;
        while (u < cumulative.Length - 1 && cumulative[u] < wanted) u++;
        return u;
    }
}
