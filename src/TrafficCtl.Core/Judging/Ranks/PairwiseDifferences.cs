namespace TrafficCtl.Core.Judging.Ranks;

/// <summary>All n·m differences x − y of two samples, in order, without writing them down.</summary>
/// <remarks>
/// The k-th is the smallest number that k differences do not exceed. Counting takes one walk over both sorted samples,
/// and the number is found by halving the ordered bit patterns of doubles: at most 64 walks, and the answer is exact.
/// </remarks>
/// <param name="x">Sorted, not empty.</param>
/// <param name="y">Sorted, not empty.</param>
internal readonly ref struct PairwiseDifferences(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
{
    private readonly ReadOnlySpan<double> x = x, y = y;

    public long Count => (long)x.Length * y.Length;

    public double Smallest => x[0] - y[^1];

    public double Largest => x[^1] - y[0];

    /// <summary>The k-th smallest.</summary>
    /// <param name="k">From 1; beyond the ends the end is meant.</param>
    public double Select(long k)
    {
        if (k <= 1) return Smallest;
        if (k >= Count) return Largest;
        var (low, high) = (Ordered(Smallest), Ordered(Largest));
        while (low < high)
        {
            // Floor of the mean without overflow.
            var middle = (low & high) + ((low ^ high) >> 1);
            if (NotAbove(FromOrdered(middle)) >= k) high = middle;
            else low = middle + 1;
        }

        return FromOrdered(low);
    }

    private long NotAbove(double limit)
    {
        var (count, j) = (0L, y.Length);
        foreach (var value in x)
        {
            // As x rises, fewer of the smallest y leave a difference within the limit.
            while (j > 0 && value - y[y.Length - j] > limit) j--;
            count += j;
        }

        return count;
    }

    /// <summary>Bit patterns whose order is that of the numbers.</summary>
    private static long Ordered(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        return bits >= 0 ? bits : long.MinValue - bits;
    }

    private static double FromOrdered(long ordered) =>
        BitConverter.Int64BitsToDouble(ordered >= 0 ? ordered : long.MinValue - ordered);
}
