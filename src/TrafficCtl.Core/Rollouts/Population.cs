using TrafficCtl.Core.Routing;

namespace TrafficCtl.Core.Rollouts;

public enum Comparison
{
    /// <summary>Nothing to compare: no candidate traffic.</summary>
    None,

    /// <summary>Both arms in the same population at the same time.</summary>
    Concurrent,

    /// <summary>A cohort at 100 % against stable users outside it: harm only.</summary>
    HarmOnly,

    /// <summary>No concurrent stable arm: harm only, against the frozen baseline.</summary>
    Historical,

    /// <summary>Copies of requests against the requests that stable answers: harm only.</summary>
    Shadow,
}

/// <summary>Whose requests the judge compares in a phase. Evidence starts anew when the cohort changes.</summary>
/// <param name="Cohort">Null for the general population.</param>
public readonly record struct Population(Comparison Comparison, string? Cohort)
{
    /// <summary>Against stable's traffic of the same time.</summary>
    public bool IsCompared => Comparison is Comparison.Concurrent or Comparison.HarmOnly or Comparison.Shadow;

    /// <summary>Whose requests are compared once the first step is in force.</summary>
    public static Population OfFirst(Plan plan) => Of(plan, new Phase.Shifting(0));

    public static Population Of(Plan plan, Phase phase)
    {
        if (!phase.IsExposed) return new(Comparison.None, null);
        var index = phase.StepIn(plan);
        if (index >= plan.Steps.Length) return new(Comparison.Historical, null);
        var step = plan.Steps[index];
        if (step.Shadow is not null) return new(Comparison.Shadow, null);
        if (step.Weights < Weights.AllCandidate) return new(Comparison.Concurrent, step.Cohort);
        var general = Exposures.For(plan, phase).General;
        return step.Cohort is not null && general < Weights.AllCandidate
            ? new(Comparison.HarmOnly, step.Cohort)
            : new(Comparison.Historical, step.Cohort);
    }
}
