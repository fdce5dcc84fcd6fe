namespace TrafficCtl.Core.Judging.Signals;

/// <summary>How much the rates of groups of instances differ for good: the standard deviation of their logarithms.</summary>
/// <remarks>
/// The moment estimate of DerSimonian and Laird (1986) on log rates, with weights x_j / φ; nothing while Cochran's Q is
/// within its 95 % point, so that groups that differ by chance have no spread.
/// </remarks>
internal static class GroupSpread
{
    /// <summary>With fewer the logarithm of a rate means little.</summary>
    public const double LeastEvents = 5;

    // By degrees of freedom from 1 on: χ² at 0.95, and Student's t at 0.995.
    private static readonly double[] ChiSquare = [3.8415, 5.9915, 7.8147, 9.4877];
    private static readonly double[] Student = [63.657, 9.9248, 5.8409, 4.6041];

    /// <param name="groups">2 to 5 groups; fewer, or one with fewer than five events, have no spread.</param>
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

        return q > ChiSquare[Freedom(groups.Length)] ? Math.Sqrt((q - (groups.Length - 1)) / (sum - (squares / sum))) : 0;
    }

    /// <summary>How many spreads away another group may lie, one time in two hundred: few groups say little about the next.</summary>
    public static double Reach(int groups) => Student[Freedom(groups)];

    private static int Freedom(int groups) => Math.Min(groups - 2, Student.Length - 1);
}
