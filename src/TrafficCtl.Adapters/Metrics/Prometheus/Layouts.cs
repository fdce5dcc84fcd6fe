using TrafficCtl.Core.Signals;

namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>One layout for all histograms of a service: the bounds that every one of them has, so that no count is split.</summary>
internal sealed class Layouts
{
    private const int MostKept = 1024;

    private readonly List<LatencyLayout> kept = [];

    /// <summary>None without a histogram; null when they have no bound in common. The same bounds give the same object.</summary>
    public LatencyLayout? Common(IEnumerable<double[]> histograms)
    {
        double[]? common = null;
        foreach (var bounds in histograms)
        {
            if (common is null) common = bounds;
            else if (!common.AsSpan().SequenceEqual(bounds)) common = [.. common.Where(b => Array.BinarySearch(bounds, b) >= 0)];
        }

        if (common is null) return LatencyLayout.None;
        return common.Length is 0 or > LatencyLayout.MostEdges ? null : Of(common);
    }

    private LatencyLayout Of(double[] edges)
    {
        foreach (var layout in kept)
            if (layout.Edges.SequenceEqual(edges)) return layout;
        var made = LatencyLayout.Of(edges);
        if (kept.Count < MostKept) kept.Add(made);
        return made;
    }
}
