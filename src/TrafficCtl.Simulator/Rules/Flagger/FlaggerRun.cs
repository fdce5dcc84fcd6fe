using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Simulator.Rules.Flagger;

/// <summary>One tick an interval, in the order of Flagger's scheduler.</summary>
/// <remarks>
/// The tick at time 0 starts the analysis and takes the first step without looking. Promotion replaces stable by the
/// candidate, which from then on answers everything; nothing is looked at any more.
/// </remarks>
internal sealed class FlaggerRun : IRuleRun
{
    private readonly FlaggerSettings settings;
    private int weight;

    public FlaggerRun(FlaggerSettings settings)
    {
        this.settings = settings;
        Advance();
    }

    /// <summary>Cumulative: a check that passes takes none away.</summary>
    public int FailedChecks { get; private set; }

    public double IntervalSeconds => settings.IntervalSeconds;

    public Weights Weights => Weights.OfCandidate(weight * 100);

    public RunEnd End { get; private set; }

    public bool IsOver => End != RunEnd.Running;

    public void Observe(in Tick window, double now)
    {
        if (IsOver) return;

        // 1. The counter is compared before this tick's analysis: going back takes threshold + 1 intervals.
        if (FailedChecks >= settings.Threshold) (weight, End) = (0, RunEnd.RolledBack);

        // 2. The first metric that fails ends the tick, and with it the chance to advance.
        else if (!Passes(window.Candidate)) FailedChecks++;

        // 3. One step more, or all of it.
        else if (weight < settings.MaxWeight) Advance();
        else (weight, End) = (100, RunEnd.Promoted);
    }

    /// <summary>May overshoot the maximum.</summary>
    private void Advance() => weight = Math.Min(100, weight + settings.StepWeight);

    /// <summary>No values fail, as does a value beyond its threshold; latency is cut to whole milliseconds.</summary>
    private bool Passes(Counts candidate) =>
        (1 - Histogram.ErrorRate(candidate)) * 100 >= settings.MinSuccess
        && Math.Floor(Histogram.Quantile(candidate, 0.99) * 1000) <= settings.MaxMilliseconds;
}
