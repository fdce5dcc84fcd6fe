using TrafficCtl.Core.Signals;

namespace TrafficCtl.Simulator.Rules;

/// <summary>What rules that read a metrics store see of a window's latencies.</summary>
internal static class Histogram
{
    /// <summary>
    /// In seconds, linear within the bucket as <c>histogram_quantile</c>; NaN when empty, the last edge for the overflow.
    /// </summary>
    public static double Quantile(Counts counts, double q)
    {
        var wanted = q * Total(counts);
        if (!(wanted > 0)) return double.NaN;
        long below = 0;
        for (var i = 0; i < counts.Layout.Overflow; i++)
        {
            var here = counts.Latency[i];
            if (below + here < wanted)
            {
                below += here;
                continue;
            }

            var lower = i == 0 ? 0 : counts.Layout.UpperSeconds(i - 1);
            return lower + ((counts.Layout.UpperSeconds(i) - lower) * (wanted - below) / here);
        }

        return counts.Layout.UpperSeconds(counts.Layout.Overflow - 1);
    }

    public static long Total(Counts counts) => Above(counts, -1);

    /// <summary>Requests slower than the upper edge of this bucket.</summary>
    public static long Above(Counts counts, int bucket)
    {
        long sum = 0;
        foreach (var count in counts.Latency.AsSpan(bucket + 1)) sum += count;
        return sum;
    }

    /// <summary>Failures per request; NaN without requests.</summary>
    public static double ErrorRate(Counts counts) => counts.Requests is > 0 and var n ? (double)counts.Failures / n : double.NaN;
}
