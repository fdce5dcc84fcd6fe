namespace TrafficCtl.Core.Judging.Signals;

/// <summary>How the signals' e-values are averaged: E = Σ v_k E_k, valid under any dependence.</summary>
/// <remarks>
/// Statistics 3.5: errors .4, guard .2, latency .4 of which p50 .3, p90 .3, the named quantile .4; with users .3, .15, .35 and .2. A
/// custom metric is another .1; where routes are compared, their errors are another .15 and their latency .1. Critical and advisory
/// signals are averaged apart, each group to a sum of one. The guard is always critical. Signals that not every source tells come on
/// top of that, and are divided out of the sum only where they are told (<see cref="Evidence.LogE"/>): which signals are averaged is
/// known before what they say, and where they are not told the family is the one that it was.
/// </remarks>
internal sealed class Weighting
{
    private const double
        MetricShare = 0.1, ClientGuardShare = 0.05, ClientShare = 0.1, PathErrorShare = 0.15, PathLatencyShare = 0.1;

    /// <summary>What the family's share is at least, once all is measured that may come on top of it.</summary>
    public const double LeastOfFamily = 1 / (1 + ClientGuardShare + ClientShare);

    /// <param name="analysis">What is compared.</param>
    /// <param name="hasPaths">Routes are compared too; without them every share is as before there were any.</param>
    public Weighting(Analysis analysis, bool hasPaths = false)
    {
        var (errors, guard, latency, users) = analysis.Users is null ? (0.4, 0.2, 0.4, 0.0) : (0.3, 0.15, 0.35, 0.2);
        ErrorsCritical = analysis.Errors.Then == Consequence.Rollback;
        LatencyCritical = analysis.Latency.Then == Consequence.Rollback;
        ClientErrorsCritical = analysis.ClientErrors.Then == Consequence.Rollback;
        UsersCritical = analysis.Users is { Then: Consequence.Rollback };

        // The requests of each user are another advisory signal wherever users are compared.
        var (pathErrors, pathLatency) = hasPaths ? (PathErrorShare, PathLatencyShare) : (0.0, 0.0);
        (errors, latency) = (errors + pathErrors, latency + pathLatency);
        var all = errors + guard + latency + users + (MetricShare * (analysis.Metrics.Length + (analysis.Users is null ? 0 : 1)));
        var critical = guard + (ErrorsCritical ? errors : 0) + (LatencyCritical ? latency : 0) + (UsersCritical ? users : 0)
            + (MetricShare * analysis.Metrics.Count(m => m.Then == Consequence.Rollback));
        var advisory = all - critical;
        Guard = guard / critical;
        PathErrors = pathErrors / (ErrorsCritical ? critical : advisory);
        PathLatency = pathLatency / (LatencyCritical ? critical : advisory);
        Errors = (errors - pathErrors) / (ErrorsCritical ? critical : advisory);
        Latency = (latency - pathLatency) / (LatencyCritical ? critical : advisory);
        Users = users > 0 ? users / (UsersCritical ? critical : advisory) : 0;
        CriticalMetric = MetricShare / critical;
        AdvisoryMetric = advisory > 0 ? MetricShare / advisory : 0;
    }

    public bool ErrorsCritical { get; }

    public bool LatencyCritical { get; }

    public bool UsersCritical { get; }

    public bool ClientErrorsCritical { get; }

    /// <summary>On top of the sum of its group, as the next two.</summary>
    public double ClientErrors => ClientErrorsCritical ? ClientShare : 0.25;

    public double ClientGuard => ClientGuardShare;

    public double Size => 0.1;

    /// <summary>The share of client errors in all routes together; on top of the sum of its group too.</summary>
    public double PathClientErrors => 0.1;

    public double Errors { get; }

    public double Guard { get; }

    /// <summary>The share of errors in all routes together.</summary>
    public double PathErrors { get; }

    /// <summary>The share of latency in all routes together.</summary>
    public double PathLatency { get; }

    public double Latency { get; }

    public double Users { get; }

    /// <summary>The share of each critical metric.</summary>
    public double CriticalMetric { get; }

    /// <summary>The share of each advisory metric.</summary>
    public double AdvisoryMetric { get; }

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
