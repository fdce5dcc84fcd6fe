using System.Collections.Immutable;

namespace TrafficCtl.Simulator.Rules.Kayenta;

/// <summary>From labels to a score of 0 to 100: statistics 1, points 5 and 6.</summary>
internal static class KayentaScore
{
    /// <param name="groupWeights">Percent; groups that are not named share what is left of 100 equally.</param>
    public static double Of(
        IEnumerable<(KayentaMetric Metric, KayentaResult Result)> judged, ImmutableDictionary<string, double> groupWeights)
    {
        var counted = judged.Where(j => !j.Metric.IsMuted).ToArray();
        if (counted.Any(j => j.Result.IsCritical)) return 0;
        if (counted.Count(j => j.Result.Label == KayentaLabel.NoData) * 2 >= counted.Length) return 0;

        var groups = counted.GroupBy(j => j.Metric.Group, StringComparer.Ordinal).ToArray();
        var unnamed = groups.Count(g => !groupWeights.ContainsKey(g.Key));
        var share = (100 - groupWeights.Values.Sum()) / Math.Max(1, unnamed);
        return Math.Round(groups.Sum(g => OfGroup(g.Select(j => j.Result.Label)) * groupWeights.GetValueOrDefault(g.Key, share) / 100), 2);
    }

    /// <summary>Passes among what was judged; a group without anything judged passes.</summary>
    public static double OfGroup(IEnumerable<KayentaLabel> labels)
    {
        var judged = labels.Where(l => l is not (KayentaLabel.NoData or KayentaLabel.Error)).ToArray();
        return judged.Length == 0 ? 100 : 100.0 * judged.Count(l => l == KayentaLabel.Pass) / judged.Length;
    }
}
