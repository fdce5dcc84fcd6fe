namespace TrafficCtl.Core.Judging.Signals;

/// <summary>Every signal of the family, a row each, in the order of the findings. Another statistic is a file and a row here.</summary>
internal static class SignalList
{
    public static IEnumerable<Signal> Of(Evidence evidence)
    {
        var (analysis, weighting) = (evidence.Analysis, evidence.Weighting);
        yield return evidence.Errors;
        yield return new GuardSignal(evidence.Errors, weighting);
        foreach (var level in evidence.Latency) yield return level;
        if (evidence.Paths is { } paths)
        {
            yield return new PathErrorSignal(paths, analysis, weighting, evidence.Errors);
            yield return new PathLatencySignal(paths, analysis, weighting, evidence.Errors, evidence.Latency[0]);
        }

        if (analysis.Users is { } users)
        {
            yield return new UserSignal(users, analysis, weighting);
            yield return new EngagementSignal(weighting);
        }

        for (var i = 0; i < analysis.Metrics.Length; i++)
        {
            var metric = analysis.Metrics[i];
            var weight = metric.Then == Consequence.Rollback ? weighting.CriticalMetric : weighting.AdvisoryMetric;
            yield return new MetricSignal(metric, i, analysis, weight);
        }

        // What only some sources measure comes last: it is no part of evidence that was saved before it was measured.
        var clients = new ClientErrorSignal(analysis, weighting, evidence.Past);
        yield return clients;
        yield return new ClientGuardSignal(clients, analysis, weighting);
        yield return evidence.Size;
        if (evidence.Paths is { } told) yield return new PathClientErrorSignal(told, analysis, weighting, clients);
    }
}
