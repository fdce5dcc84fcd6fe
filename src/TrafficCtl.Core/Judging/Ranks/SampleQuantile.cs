using MathNet.Numerics.Statistics;

namespace TrafficCtl.Core.Judging.Ranks;

/// <summary>Quantiles of a sample as R, NumPy and Excel have them by default (Hyndman and Fan's type 7).</summary>
public static class SampleQuantile
{
    /// <summary>Linear between the values around the 1 + (n − 1)·q-th smallest, in the sample's unit.</summary>
    /// <param name="values">Finite, not empty, in any order.</param>
    /// <param name="q">0 (the least) to 1 (the greatest).</param>
    /// <exception cref="ArgumentException">The sample is empty or holds NaN or an infinity, or q is out of range.</exception>
    public static double Of(ReadOnlySpan<double> values, double q) => OfSorted(SortedSample.Of(values, nameof(values)), q);

    /// <param name="sorted">Finite, not empty, sorted.</param>
    internal static double OfSorted(double[] sorted, double q)
    {
        if (!(q >= 0 && q <= 1)) throw new ArgumentOutOfRangeException(nameof(q), q, "A quantile lies between 0 and 1, e.g. 0.99.");
        return SortedArrayStatistics.QuantileCustom(sorted, q, QuantileDefinition.R7);
    }
}
