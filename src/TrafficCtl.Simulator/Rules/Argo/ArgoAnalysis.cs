using System.Collections.Immutable;

namespace TrafficCtl.Simulator.Rules.Argo;

/// <summary>An AnalysisRun: several metrics, each at its own pace, and one verdict.</summary>
internal sealed class ArgoAnalysis(params ImmutableArray<ArgoMetric> metrics)
{
    private readonly ImmutableArray<ArgoMetricRun> runs = [.. metrics.Select(m => new ArgoMetricRun(m))];

    /// <summary>The worst of the metrics once all have ended.</summary>
    public ArgoPhase Phase => runs.Any(r => r.Phase == ArgoPhase.Running) ? ArgoPhase.Running : runs.Max(r => r.Phase);

    /// <summary>When something is to be measured next; infinity when nothing is.</summary>
    public double DueAt => runs.Min(r => r.DueAt);

    /// <summary>Takes what is due. A metric that ends badly ends the others.</summary>
    /// <param name="query">The vector that a metric's query gives now.</param>
    public void Measure(double now, Func<ArgoMetric, double[]> query)
    {
        foreach (var run in runs)
            if (run.DueAt <= now) run.Take(query(run.Metric), now);
        if (runs.Any(r => r.Phase > ArgoPhase.Successful)) Terminate();
    }

    public void Terminate()
    {
        foreach (var run in runs) run.Terminate();
    }
}
