using System.Collections.Immutable;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Simulator.Rules.Argo;

/// <summary>Argo Rollouts: timed steps, and an analysis in the background that may abort or pause them.</summary>
/// <remarks>The thresholds are Flagger's, so that the two are compared in how they act on them; three failures are
/// tolerated, as in the example of Argo's documentation.</remarks>
internal sealed class ArgoRule : IRule
{
    public const double StepSeconds = 60;

    public static readonly ImmutableArray<int> Steps = [10, 20, 30, 40, 50];

    public static readonly ArgoMetric SuccessRate =
        new("success-rate", result => result >= 0.99) { IntervalSeconds = 60, FailureLimit = 3 };

    public static readonly ArgoMetric Latency = new("latency-p99", result => result <= 0.5) { IntervalSeconds = 60, FailureLimit = 3 };

    public string Name => "argo";

    public string About =>
        "Argo Rollouts: +10 % each minute up to 50 %, background analysis each minute, failureLimit 3; success >= 99 %, p99 <= 500 ms";

    public IRuleRun Begin(RuleSetting setting) => new ArgoRun(new ArgoAnalysis(SuccessRate, Latency), setting.Past.Layout);

    /// <summary>What the metrics store answers for the candidate over the time since the last measurement.</summary>
    public static double Value(ArgoMetric metric, Counts candidate) =>
        metric == SuccessRate ? 1 - Histogram.ErrorRate(candidate) : Histogram.Quantile(candidate, 0.99);
}
