using NormalDistribution = MathNet.Numerics.Distributions.Normal;

namespace TrafficCtl.Core.Judging.Ranks;

/// <summary>What Mann and Whitney's test found.</summary>
/// <param name="U">Pairs in which x is the greater, an equal pair counting half: R's W, SciPy's U1.</param>
/// <param name="P">The probability of a U at least as far out, were the distributions equal; 1 when all values are equal.</param>
/// <param name="Shift">x − y by Hodges and Lehmann, in the samples' unit.</param>
/// <param name="Low">The lower end of the shift's confidence interval; −∞ for <see cref="Alternative.Less"/>.</param>
/// <param name="High">The upper end of the shift's confidence interval; +∞ for <see cref="Alternative.Greater"/>.</param>
/// <param name="IsExact">By counting interleavings, not by the normal curve.</param>
public readonly record struct RankTest(double U, double P, double Shift, double Low, double High, bool IsExact);

/// <summary>Mann and Whitney's rank test of two independent samples (Wilcoxon's rank sum), as R's <c>wilcox.test</c>.</summary>
/// <remarks>
/// Exact for samples under 50 without ties, else the normal approximation with midranks, tie-corrected spread and
/// continuity correction. Limits of the interval are order statistics of the pairwise differences in both: W(μ), the
/// standardised U of x − μ against y, is a step function that falls at these differences and nowhere else, so the root that
/// others search for with a tolerance is the difference at which W falls past the normal quantile.
/// One test on one pair of samples: looking again and again at growing samples is not covered by P.
/// </remarks>
public static class MannWhitney
{
    private const int ExactUnder = 50;

    /// <param name="x">Finite, not empty, in any order.</param>
    /// <param name="y">Finite, not empty, in any order.</param>
    /// <param name="confidence">The confidence level of the interval, strictly between 0 and 1.</param>
    /// <param name="allowExact">False: the normal approximation even for small samples.</param>
    /// <param name="isCorrected">With the continuity correction; the exact test has none.</param>
    /// <exception cref="ArgumentException">A sample is empty or holds NaN or an infinity, or the confidence is none.</exception>
    public static RankTest Test(
        ReadOnlySpan<double> x, ReadOnlySpan<double> y, double confidence = 0.95,
        Alternative alternative = Alternative.TwoSided, bool allowExact = true, bool isCorrected = true)
    {
        if (!(confidence > 0 && confidence < 1))
            throw new ArgumentOutOfRangeException(nameof(confidence), confidence, "A confidence lies strictly between 0 and 1, e.g. 0.95.");
        var (xs, ys) = (SortedSample.Of(x, nameof(x)), SortedSample.Of(y, nameof(y)));
        var ranks = RankSum.Of(xs, ys, 0);
        var isExact = allowExact && ranks.Ties == 0 && x.Length < ExactUnder && y.Length < ExactUnder;
        var tail = alternative == Alternative.TwoSided ? (1 - confidence) / 2 : 1 - confidence;
        return isExact
            ? Exact(ranks, new WilcoxonDistribution(x.Length, y.Length), new PairwiseDifferences(xs, ys), alternative, tail)
            : Normal(ranks, xs, ys, alternative, tail, isCorrected);
    }

    /// <summary>W(μ): the standardised U of x − μ against y, two-sided and corrected; falls as μ rises. NaN when all are equal.</summary>
    /// <param name="sortedX">Finite, sorted.</param>
    /// <param name="sortedY">Finite, sorted.</param>
    public static double W(ReadOnlySpan<double> sortedX, ReadOnlySpan<double> sortedY, double mu) =>
        RankSum.Of(sortedX, sortedY, mu).Standardised(Alternative.TwoSided, isCorrected: true);

    private static RankTest Exact(
        RankSum ranks, WilcoxonDistribution distribution, PairwiseDifferences differences, Alternative alternative, double tail)
    {
        var (below, above) = (distribution.AtMost(ranks.U), distribution.AtLeast(ranks.U));
        var fromEnd = Math.Max(1, distribution.Quantile(tail));
        return Found(
            ranks, PValue(alternative, below, above), differences, alternative, fromEnd, differences.Count - fromEnd + 1, isExact: true);
    }

    private static RankTest Normal(RankSum ranks, double[] x, double[] y, Alternative alternative, double tail, bool isCorrected)
    {
        var differences = new PairwiseDifferences(x, y);
        var z = ranks.Standardised(alternative, isCorrected);
        var p = double.IsNaN(z) ? 1 : PValue(alternative, NormalDistribution.CDF(0, 1, z), NormalDistribution.CDF(0, 1, -z));

        // Between two differences no x − μ equals a y: only ties within a sample are left.
        var within = ranks with { Ties = RankSum.Of(x, [], 0).Ties + RankSum.Of(y, [], 0).Ties };
        var quantile = NormalDistribution.InvCDF(0, 1, 1 - tail);
        return Found(ranks, p, differences, alternative, Falls(quantile), Falls(-quantile), isExact: false);

        // The first difference after which W(μ) is below z.
        long Falls(double z) =>
            (long)Math.Floor(within.Mean - (z * within.Sigma) - (isCorrected ? alternative.Correction(z) : 0)) + 1;
    }

    private static double PValue(Alternative alternative, double below, double above) => alternative switch
    {
        Alternative.Greater => above,
        Alternative.Less => below,
        _ => Math.Min(1, 2 * Math.Min(below, above)),
    };

    private static RankTest Found(
        RankSum ranks, double p, PairwiseDifferences differences, Alternative alternative, long low, long high, bool isExact) => new(
            ranks.U, p, HodgesLehmann.Median(differences),
            alternative == Alternative.Less ? double.NegativeInfinity : differences.Select(low),
            alternative == Alternative.Greater ? double.PositiveInfinity : differences.Select(high),
            isExact);
}
