namespace TrafficCtl.Core.Judging.Ranks;

/// <summary>Samples as the rank statistics want them.</summary>
internal static class SortedSample
{
    /// <summary>A sorted copy.</summary>
    /// <exception cref="ArgumentException">Empty, or a value is NaN or infinite.</exception>
    public static double[] Of(ReadOnlySpan<double> values, string name)
    {
        if (values.IsEmpty) throw new ArgumentException("A sample needs at least one value.", name);
        for (var i = 0; i < values.Length; i++)
            if (!double.IsFinite(values[i]))
                throw new ArgumentException(
                    $"Value {i + 1} of {values.Length} is {values[i]}: drop what could not be measured, or cut it to a finite value.",
                    name);
        var sorted = values.ToArray();
        Array.Sort(sorted);
        return sorted;
    }
}
