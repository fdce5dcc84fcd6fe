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
}

/// <summary>Whose requests the judge compares in a phase. Evidence starts anew when the cohort changes.</summary>
/// <param name="Cohort">Null for the general population.</param>
public readonly record struct Population(Comparison Comparison, string? Cohort)
{
    public static Population Of(Plan plan, Phase phase) => throw new NotSupportedException("shell");
}
