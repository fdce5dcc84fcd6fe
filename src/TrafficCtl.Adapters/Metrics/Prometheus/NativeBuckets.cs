namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>Native histograms to fixed edges: those of their own schema, down to the ratio 2^(1/16) (4.4 %) at most.</summary>
/// <remarks>
/// A bucket of schema s ends at 2^(i/2^s), so two neighbours are exactly one bucket of schema s − 1. Only buckets that
/// hold something are told, so the edges cannot be taken from them.
/// </remarks>
internal static class NativeBuckets
{
    private const int FinestSchema = 4, CoarsestSchema = -2;

    // From about 0.1 ms to 128 s.
    private const int FirstOctave = -13, LastOctave = 7;

    /// <summary>
    /// Bounds in seconds and cumulative counts with the count of all last; null while it holds nothing, so that its schema is unknown.
    /// </summary>
    /// <param name="told">As the API tells it.</param>
    /// <param name="perSecond">Units of its values in a second: 1, or 1000 for milliseconds.</param>
    /// <exception cref="FormatException">Its buckets are of no schema.</exception>
    public static (double[] Bounds, double[] Values)? Fold(NativeHistogram told, double perSecond)
    {
        if (SchemaOf(told) is not { } schema) return null;
        var perOctave = Math.Min(schema, FinestSchema);
        var step = Math.Pow(2, -perOctave);
        // In milliseconds the octaves lie ten higher, near enough.
        var shift = (int)Math.Round(Math.Log2(perSecond));
        var count = (int)((LastOctave - FirstOctave) / step) + 1;
        var bounds = new double[count];
        var values = new double[count + 1];
        for (var i = 0; i < count; i++)
        {
            var edge = Math.Pow(2, FirstOctave + shift + (i * step));
            bounds[i] = edge / perSecond;
            foreach (var bucket in told.Buckets)
                if (bucket.Right <= edge * (1 + 1e-9)) values[i] += bucket.Count;
        }

        values[count] = Math.Max(told.Count, values[count - 1]);
        return (bounds, values);
    }

    private static int? SchemaOf(NativeHistogram told)
    {
        foreach (var bucket in told.Buckets)
        {
            if (!(bucket.Left > 0) || bucket.Count <= 0) continue;
            var schema = -Math.Log2(Math.Log2(bucket.Right / bucket.Left));
            if (Math.Abs(schema - Math.Round(schema)) > 0.01 || schema < CoarsestSchema - 0.5 || schema > 8.5)
                throw new FormatException(
                    $"a native histogram has a bucket from {bucket.Left} to {bucket.Right}, which is of no schema from {CoarsestSchema} "
                        + "to 8; keep the classic histogram too (always_scrape_classic_histograms)");
            return (int)Math.Round(schema);
        }

        return null;
    }
}
