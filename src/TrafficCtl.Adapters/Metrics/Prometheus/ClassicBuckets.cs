namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>Classic <c>le</c> buckets, whose bounds may be written as <c>500</c> or <c>500.0</c> and come in any order.</summary>
internal static class ClassicBuckets
{
    /// <summary>Bounds rising, and cumulative counts with the count of all last; null without the bucket of all, <c>+Inf</c>.</summary>
    /// <remarks>Bounds that are no time (0 and below) are left out: what they hold is in the next one.</remarks>
    public static (double[] Bounds, double[] Values)? Sort(List<(double Bound, double Count)> buckets)
    {
        buckets.Sort(static (a, b) => a.Bound.CompareTo(b.Bound));
        if (buckets.Count == 0 || !double.IsPositiveInfinity(buckets[^1].Bound)) return null;
        var bounds = new List<double>(buckets.Count);
        var values = new List<double>(buckets.Count);
        foreach (var (bound, count) in buckets)
        {
            if (!(bound > 0)) continue;
            // 1 and 1.0 are one bucket; a process tells it in one way only.
            if (bounds.Count > 0 && bounds[^1] == bound) continue;
            if (double.IsFinite(bound)) bounds.Add(bound);
            values.Add(values.Count > 0 ? Math.Max(values[^1], count) : count);
            if (double.IsInfinity(bound)) break;
        }

        return ([.. bounds], [.. values]);
    }
}
