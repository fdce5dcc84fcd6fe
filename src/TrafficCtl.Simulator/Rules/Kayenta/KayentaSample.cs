using MathNet.Numerics.Distributions;
using TrafficCtl.Core.Judging.Ranks;

namespace TrafficCtl.Simulator.Rules.Kayenta;

/// <summary>Values as the judge transforms them before it compares.</summary>
internal static class KayentaSample
{
    /// <summary>Sorted, without what was not measured or lies beyond the fences, as the metric wants it.</summary>
    public static double[] Transformed(IEnumerable<double> values, KayentaMetric metric)
    {
        double[] kept = metric.ReplacesNaN ? [.. values.Select(v => double.IsNaN(v) ? 0 : v)] : [.. values.Where(v => !double.IsNaN(v))];
        if (metric.RemovesOutliers && kept.Length > 0)
        {
            var fences = OutlierFences.Of(kept, metric.OutlierFactor);
            kept = [.. kept.Where(fences.Holds)];
        }

        Array.Sort(kept);
        return kept;
    }

    /// <summary>A constant spread by 1e-5 of itself, in normal scores: what Kayenta draws at random, we take at its quantiles.</summary>
    public static double[] Spread(double[] constant)
    {
        double[] spread =
            [.. constant.Select((value, i) => value + (1e-5 * Math.Abs(value) * Normal.InvCDF(0, 1, (i + 0.5) / constant.Length)))];
        Array.Sort(spread);
        return spread;
    }
}
