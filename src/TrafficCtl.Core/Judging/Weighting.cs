namespace TrafficCtl.Core.Judging;

/// <summary>How the signals' e-values are averaged: E = Σ v_k E_k, valid under any dependence.</summary>
/// <remarks>
/// Statistics 3.5: errors .4, guard .2, latency .4 of which p50 .3, p90 .3, the named quantile .4. Critical and
/// advisory signals are averaged apart, each group to a sum of one. The guard is always critical.
/// </remarks>
internal sealed class Weighting
{
    private const double ErrorsShare = 0.4, GuardShare = 0.2, LatencyShare = 0.4;

    public Weighting(Analysis analysis)
    {
        ErrorsCritical = analysis.Errors.Then == Consequence.Rollback;
        LatencyCritical = analysis.Latency.Then == Consequence.Rollback;
        var critical = GuardShare + (ErrorsCritical ? ErrorsShare : 0) + (LatencyCritical ? LatencyShare : 0);
        var advisory = 1 - critical;
        Guard = GuardShare / critical;
        Errors = ErrorsShare / (ErrorsCritical ? critical : advisory);
        Latency = LatencyShare / (LatencyCritical ? critical : advisory);
    }

    public bool ErrorsCritical { get; }

    public bool LatencyCritical { get; }

    public double Errors { get; }

    public double Guard { get; }

    public double Latency { get; }

    /// <summary>Against a frozen past the guard has no process of its own: errors carry its weight.</summary>
    public double HistoricalErrors => ErrorsCritical ? Errors + Guard : Errors;

    /// <summary>ln Σ v_k E_k without overflow; −∞ of nothing.</summary>
    public static double LogSum(ReadOnlySpan<double> logTerms)
    {
        var most = double.NegativeInfinity;
        foreach (var term in logTerms) most = Math.Max(most, term);
        if (double.IsNegativeInfinity(most)) return most;
        var sum = 0.0;
        foreach (var term in logTerms) sum += Math.Exp(term - most);
        return most + Math.Log(sum);
    }
}
