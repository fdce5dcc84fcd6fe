using System.Collections.Immutable;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Simulator.Rules.Naive;

/// <summary>Goes back at the first significant difference; pools all steps, so the split's changes confound it.</summary>
/// <param name="buckets">Latencies above each of these are tested.</param>
internal sealed class NaiveRun(LatencyLayout layout, ImmutableArray<int> buckets) : IRuleRun
{
    private const int Step = 10, Last = 50;

    /// <summary>One-sided 5 %.</summary>
    private const double Critical = 1.6448536269514722;

    private readonly Counts stable = new(layout), candidate = new(layout);
    private int weight = Step;

    public double IntervalSeconds => 60;

    public Weights Weights => Weights.OfCandidate(weight * 100);

    public RunEnd End { get; private set; }

    public bool IsOver => End != RunEnd.Running;

    public void Observe(in Tick window, double now)
    {
        if (IsOver) return;
        stable.Add(window.Stable);
        candidate.Add(window.Candidate);
        if (IsWorse()) (weight, End) = (0, RunEnd.RolledBack);
        else if (weight < Last) weight += Step;
        else (weight, End) = (100, RunEnd.Promoted);
    }

    private bool IsWorse()
    {
        if (Z(candidate.Failures, candidate.Requests, stable.Failures, stable.Requests) > Critical) return true;
        var (n, m) = (Histogram.Total(candidate), Histogram.Total(stable));
        foreach (var bucket in buckets)
            if (Z(Histogram.Above(candidate, bucket), n, Histogram.Above(stable, bucket), m) > Critical) return true;
        return false;
    }

    /// <summary>The z score of x of n above y of m, with the pooled variance; NaN, which is above nothing, when it has none.</summary>
    internal static double Z(double x, double n, double y, double m)
    {
        var pooled = (x + y) / (n + m);
        return ((x / n) - (y / m)) / Math.Sqrt(pooled * (1 - pooled) * ((1 / n) + (1 / m)));
    }
}
