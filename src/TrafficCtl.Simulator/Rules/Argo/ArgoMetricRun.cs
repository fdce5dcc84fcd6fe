namespace TrafficCtl.Simulator.Rules.Argo;

/// <summary>One metric's measurements and what they come to.</summary>
internal sealed class ArgoMetricRun(ArgoMetric metric)
{
    private const double AfterError = 10;

    private int successful, failed, inconclusive, errorsInARow;

    public ArgoMetric Metric => metric;

    public ArgoPhase Phase { get; private set; }

    /// <summary>When the next measurement is due, in seconds since the analysis began; infinity when no more is.</summary>
    public double DueAt { get; private set; } = metric.InitialDelaySeconds;

    /// <param name="result">As for <see cref="ArgoMetric.Measure"/>.</param>
    /// <param name="now">When the measurement ends.</param>
    public void Take(ReadOnlySpan<double> result, double now)
    {
        var measured = metric.Measure(result);
        errorsInARow = measured == ArgoPhase.Error ? errorsInARow + 1 : 0;
        switch (measured)
        {
            case ArgoPhase.Successful: successful++; break;
            case ArgoPhase.Failed: failed++; break;
            case ArgoPhase.Inconclusive: inconclusive++; break;
            default: break;
        }

        Phase = Assess();
        DueAt = Phase != ArgoPhase.Running ? double.PositiveInfinity
            : measured == ArgoPhase.Error ? now + AfterError
            : now + (metric.IntervalSeconds ?? 0);
    }

    /// <summary>Ends what has no verdict yet. Never measured is as good as always successful.</summary>
    public void Terminate()
    {
        if (Phase == ArgoPhase.Running) Phase = ArgoPhase.Successful;
        DueAt = double.PositiveInfinity;
    }

    /// <summary>The limits in Argo's order: a later one overwrites an earlier one.</summary>
    private ArgoPhase Assess()
    {
        var phase = ArgoPhase.Running;
        if (failed > metric.FailureLimit) phase = ArgoPhase.Failed;
        if (inconclusive > metric.InconclusiveLimit) phase = ArgoPhase.Inconclusive;
        if (errorsInARow > metric.ConsecutiveErrorLimit) phase = ArgoPhase.Error;
        if (phase != ArgoPhase.Running) return phase;
        var wanted = metric.Count ?? (metric.IntervalSeconds is null ? 1 : int.MaxValue);
        return successful + failed + inconclusive >= wanted ? ArgoPhase.Successful : ArgoPhase.Running;
    }
}
