namespace TrafficCtl.Core.Judging;

/// <summary>How much the rates of groups of instances differ for good: the standard deviation of their logarithms.</summary>
/// <remarks>
/// The moment estimate of DerSimonian and Laird (1986) on log rates, with weights x_j / φ. From Cochran's Q its 99 %
/// point is taken off, not its mean, so that groups that differ by chance have no spread.
/// </remarks>
internal static class GroupSpread
{
    private const double LeastEvents = 5;

    // χ² at 0.99 for 1 and 2 degrees of freedom.
    private static readonly double[] ChiSquare = [6.6349, 9.2103];

    /// <param name="groups">2 or 3 groups; fewer, or one with fewer than five events, have no spread.</param>
    /// <param name="clump">φ: how many events come together.</param>
    public static double Of(ReadOnlySpan<Sample> groups, double clump)
    {
        if (groups.Length < 2) return 0;
        double sum = 0, squares = 0, mean = 0;
        foreach (var group in groups)
        {
            if (group.Events < LeastEvents) return 0;
            var weight = group.Events / clump;
            sum += weight;
            squares += weight * weight;
            mean += weight * Math.Log(group.Rate);
        }

        mean /= sum;
        var q = 0.0;
        foreach (var group in groups)
        {
            var off = Math.Log(group.Rate) - mean;
            q += group.Events / clump * off * off;
        }

        var excess = q - ChiSquare[Math.Min(groups.Length - 2, ChiSquare.Length - 1)];
        return excess > 0 ? Math.Sqrt(excess / (sum - (squares / sum))) : 0;
    }
}
