namespace TrafficCtl.Core.Judging.Ranks;

/// <summary>By how much one sample is shifted from another: the median of all their differences (Hodges and Lehmann 1963).</summary>
public static class HodgesLehmann
{
    /// <summary>The median of x − y over all pairs, in the samples' unit; exact, in O((n + m) log(n + m)).</summary>
    /// <param name="x">Finite, not empty, in any order.</param>
    /// <param name="y">Finite, not empty, in any order.</param>
    /// <exception cref="ArgumentException">A sample is empty or holds NaN or an infinity.</exception>
    public static double Shift(ReadOnlySpan<double> x, ReadOnlySpan<double> y) =>
        Median(new PairwiseDifferences(SortedSample.Of(x, nameof(x)), SortedSample.Of(y, nameof(y))));

    internal static double Median(PairwiseDifferences differences)
    {
        var count = differences.Count;
        var lower = differences.Select((count + 1) / 2);
        if (count % 2 == 1) return lower;
        var upper = differences.Select((count / 2) + 1);
        return lower + ((upper - lower) / 2);
    }
}
