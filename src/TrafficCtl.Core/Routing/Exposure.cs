using System.Collections.Immutable;

namespace TrafficCtl.Core.Routing;

/// <summary>One cohort's own weights; its members do not take part in the general weights.</summary>
public readonly record struct CohortWeights(string Cohort, Weights Weights);

/// <summary>Who is exposed to the candidate: weights for everybody, and weights of their own for named cohorts.</summary>
public sealed record Exposure(Weights General, ImmutableArray<CohortWeights> Cohorts)
{
    public static readonly Exposure None = new(Weights.AllStable, []);
    public static readonly Exposure All = new(Weights.AllCandidate, []);

    /// <summary>The share of requests that is copied to the candidate, above 0; its answers reach no user. Null when none is.</summary>
    public Weights? Shadow { get; init; }

    /// <summary>Some requests reach the candidate, copies too.</summary>
    public bool ReachesCandidate => Shadow > Weights.AllStable || Highest > Weights.AllStable;

    public static Exposure Of(Weights general) => new(general, []);

    public static Exposure OfShadow(Weights share) => None with { Shadow = share };

    /// <summary>The highest share that any part of the users is exposed to. A shadow exposes nobody.</summary>
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

    /// <summary>No part of the users has a smaller share of the candidate here than there. Copies expose nobody.</summary>
    public bool Covers(Exposure other)
    {
        if (General < other.General) return false;
        foreach (var cohort in other.Cohorts)
            if (Of(cohort.Cohort) < cohort.Weights) return false;
        foreach (var cohort in Cohorts)
            if (cohort.Weights < other.Of(cohort.Cohort)) return false;
        return true;
    }

    private Weights Of(string cohort)
    {
        foreach (var own in Cohorts)
            if (own.Cohort == cohort) return own.Weights;
        return General;
    }

    /// <summary>The same with no share of the candidate's above this; a shadow stays as it is.</summary>
    public Exposure AtMost(Weights limit) => Highest <= limit ? this : this with
    {
        General = Lower(General, limit),
        Cohorts = [.. Cohorts.Select(c => c with { Weights = Lower(c.Weights, limit) })],
    };

    public bool Equals(Exposure? other) =>
        other is not null && General == other.General && Shadow == other.Shadow && Cohorts.AsSpan().SequenceEqual(other.Cohorts.AsSpan());

    public override int GetHashCode() => HashCode.Combine(General, Shadow, Cohorts.Length);

    private static Weights Lower(Weights asked, Weights limit) => asked > limit ? limit : asked;

    public override string ToString() => string.Join(
        ", ", Cohorts.Select(c => $"{c.Cohort} {c.Weights}")
            .Prepend(General.ToString())
            .Concat(Shadow is { } shadow ? [$"shadow {shadow}"] : []));
}
