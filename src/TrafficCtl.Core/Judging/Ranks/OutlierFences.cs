namespace TrafficCtl.Core.Judging.Ranks;

/// <summary>Beyond these a value counts as an outlier.</summary>
/// <param name="Low">The least value that is kept.</param>
/// <param name="High">The greatest value that is kept.</param>
public readonly record struct OutlierFences(double Low, double High)
{
    /// <summary>Tukey's: factor quartile ranges outside the quartiles, but never inside the 1st or 99th percentile (as Kayenta).</summary>
    /// <param name="values">Finite, not empty, in any order.</param>
    /// <param name="factor">1.5 is Tukey's, 3 Kayenta's; at least 0.</param>
    /// <exception cref="ArgumentException">The sample is empty or holds NaN or an infinity, or the factor is negative.</exception>
    public static OutlierFences Of(ReadOnlySpan<double> values, double factor = 3)
    {
        if (!(factor >= 0)) throw new ArgumentOutOfRangeException(nameof(factor), factor, "The factor is at least 0, e.g. 3.");
        var sorted = SortedSample.Of(values, nameof(values));
        var (lower, upper) = (SampleQuantile.OfSorted(sorted, 0.25), SampleQuantile.OfSorted(sorted, 0.75));
        var reach = factor * (upper - lower);
        return new OutlierFences(
            Math.Min(SampleQuantile.OfSorted(sorted, 0.01), lower - reach),
            Math.Max(SampleQuantile.OfSorted(sorted, 0.99), upper + reach));
    }

    public bool Holds(double value) => value >= Low && value <= High;
}
