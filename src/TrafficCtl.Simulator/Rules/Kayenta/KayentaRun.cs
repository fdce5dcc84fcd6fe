using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Simulator.Rules.Kayenta;

/// <summary>Collects the hour, judges once, and promotes or goes back.</summary>
internal sealed class KayentaRun : IRuleRun
{
    private readonly (KayentaMetric Metric, List<double> Control, List<double> Experiment)[] series =
        [(KayentaRule.Errors, [], []), (KayentaRule.Median, [], []), (KayentaRule.Tail, [], [])];

    public double IntervalSeconds => 60;

    public Weights Weights { get; private set; } = Weights.OfCandidate(KayentaRule.Weight * 100);

    public RunEnd End { get; private set; }

    public bool IsOver => End != RunEnd.Running;

    public void Observe(in Tick window, double now)
    {
        if (IsOver) return;
        foreach (var (metric, control, experiment) in series)
        {
            control.Add(Value(metric, window.Stable));
            experiment.Add(Value(metric, window.Candidate));
        }

        if (series[0].Control.Count < KayentaRule.Minutes) return;
        (Weights, End) = Score() >= KayentaRule.PassScore
            ? (Weights.AllCandidate, RunEnd.Promoted)
            : (Weights.AllStable, RunEnd.RolledBack);
    }

    private double Score()
    {
        var judge = new KayentaJudge();
        return KayentaScore.Of(series.Select(s => (s.Metric, judge.Classify(s.Control, s.Experiment, s.Metric))), KayentaRule.GroupWeights);
    }

    private static double Value(KayentaMetric metric, Counts arm) =>
        metric == KayentaRule.Errors ? Histogram.ErrorRate(arm) : Histogram.Quantile(arm, metric == KayentaRule.Median ? 0.5 : 0.99);
}
