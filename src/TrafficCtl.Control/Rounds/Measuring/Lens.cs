using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Control.Rounds.Measuring;

/// <summary>Which counters of a reading are compared in a phase, and under which split.</summary>
/// <param name="Step">The step whose weight is in force, Steps.Length at 100 %; -1 while none is.</param>
internal readonly record struct Lens(Comparison Comparison, string? Cohort, Weights Weights, int Step)
{
    public static readonly Lens StableOnly = new(Comparison.None, null, Weights.AllStable, -1);

    public static Lens Of(RolloutState state)
    {
        var population = Population.Of(state.Plan, state.Phase);
        var exposure = Exposures.For(state.Plan, state.Phase);
        return new Lens(population.Comparison, population.Cohort, WeightsOf(exposure, population.Cohort), StepOf(state));
    }

    /// <summary>The step whose weight is in force: see <see cref="Step"/>.</summary>
    public static int StepOf(RolloutState state)
    {
        var at = state.Phase is Phase.Paused paused ? paused.At : state.Phase;
        return at is Phase.Observing or Phase.Baking ? at.StepIn(state.Plan) : -1;
    }

    public Population Population => new(Comparison, Cohort);

    /// <summary>All that a tick depends on.</summary>
    public (Population, Weights) Compared => (Population, Weights);

    /// <summary>Adds up what this lens shows of a reading, also by group.</summary>
    public void Sum(Reading reading, Scratch to)
    {
        to.Begin(reading);
        foreach (var arm in reading.Arms)
            if (Shows(arm)) to.AddApart(arm);
    }

    private bool Shows(ArmReading arm) => Comparison switch
    {
        Comparison.None => arm.Arm == Arm.Stable,
        Comparison.Historical or Comparison.Shadow => true,
        Comparison.HarmOnly => arm.Cohort == Cohort == (arm.Arm == Arm.Candidate),
        _ => arm.Cohort == Cohort,
    };

    private static Weights WeightsOf(Exposure exposure, string? cohort)
    {
        if (exposure.Shadow is { } shadow) return OfAllCounted(shadow);
        foreach (var named in exposure.Cohorts)
            if (named.Cohort == cohort) return named.Weights;
        return exposure.General;
    }

    /// <summary>Each copy is one request more: of a share s of them it is s / (1 + s) of all.</summary>
    private static Weights OfAllCounted(Weights shadow) =>
        Weights.OfCandidate(shadow.Candidate * Weights.Total / (Weights.Total + shadow.Candidate));
}
