using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Simulator.Rules.Argo;

/// <summary>setWeight and pause, five times, with the analysis beside them from the first step on.</summary>
/// <remarks>
/// No series exists until the candidate has answered one request, so the measurement at time 0 is an error and is repeated
/// after ten seconds. An inconclusive analysis leaves the rollout paused for a person. What has not been measured when the
/// last pause is over is not waited for.
/// </remarks>
internal sealed class ArgoRun : IRuleRun
{
    private readonly ArgoAnalysis analysis;
    private readonly Counts sinceMeasured;
    private bool hasSeries;
    private int step;
    private double now;

    public ArgoRun(ArgoAnalysis analysis, LatencyLayout layout)
    {
        (this.analysis, sinceMeasured) = (analysis, new Counts(layout));
        Weights = Weights.OfCandidate(ArgoRule.Steps[0] * 100);
        Measure();
    }

    /// <summary>To the next measurement or the end of the pause.</summary>
    public double IntervalSeconds => Math.Min(StepEnd, analysis.DueAt) - now;

    public Weights Weights { get; private set; }

    public RunEnd End { get; private set; }

    public bool IsOver => End != RunEnd.Running || analysis.Phase == ArgoPhase.Inconclusive;

    private double StepEnd => (step + 1) * ArgoRule.StepSeconds;

    public void Observe(in Tick window, double now)
    {
        if (IsOver) return;
        this.now = now;
        sinceMeasured.Add(window.Candidate);
        Measure();
        if (analysis.Phase is ArgoPhase.Failed or ArgoPhase.Error) (Weights, End) = (Weights.AllStable, RunEnd.RolledBack);
        else if (!IsOver && now >= StepEnd) Advance();
    }

    private void Measure()
    {
        if (analysis.DueAt > now) return;
        hasSeries |= sinceMeasured.Requests > 0;
        analysis.Measure(now, metric => hasSeries ? [ArgoRule.Value(metric, sinceMeasured)] : []);
        sinceMeasured.Clear();
    }

    private void Advance()
    {
        step++;
        if (step < ArgoRule.Steps.Length)
        {
            Weights = Weights.OfCandidate(ArgoRule.Steps[step] * 100);
            return;
        }

        analysis.Terminate();
        (Weights, End) = (Weights.AllCandidate, RunEnd.Promoted);
    }
}
