using System.Collections.Immutable;

namespace TrafficCtl.Core.Routing;

/// <summary>One cohort's own weights; its members do not take part in the general weights.</summary>
public readonly record struct CohortWeights(string Cohort, Weights Weights);

/// <summary>Who is exposed to the candidate: weights for everybody, and weights of their own for named cohorts.</summary>
public sealed record Exposure(Weights General, ImmutableArray<CohortWeights> Cohorts)
{
    public static readonly Exposure None = new(Weights.AllStable, []);
    public static readonly Exposure All = new(Weights.AllCandidate, []);

    public static Exposure Of(Weights general) => new(general, []);

    /// <summary>The highest share that any part of the users is exposed to.</summary>
    public Weights Highest
    {
        get
        {
            var highest = General;
            foreach (var cohort in Cohorts)
                if (cohort.Weights > highest) highest = cohort.Weights;
            return highest;
        }
    }

    public bool Equals(Exposure? other) =>
        other is not null && General == other.General && Cohorts.AsSpan().SequenceEqual(other.Cohorts.AsSpan());

    public override int GetHashCode() => HashCode.Combine(General, Cohorts.Length);

    public override string ToString() =>
        Cohorts.IsEmpty ? General.ToString() : $"{General}, {string.Join(", ", Cohorts.Select(c => $"{c.Cohort} {c.Weights}"))}";
}
