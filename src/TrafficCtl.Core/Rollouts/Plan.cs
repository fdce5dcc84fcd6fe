using System.Collections.Immutable;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Core.Rollouts;

public enum Strategy
{
    /// <summary>Step by step, judged against the concurrent stable arm.</summary>
    Canary,

    /// <summary>0 → 100 after a good probe of every endpoint; the old arm is kept warm for the watch.</summary>
    BlueGreen,

    /// <summary>0 → 100 after a first good probe; for test environments.</summary>
    AllAtOnce,
}

/// <summary>Evidence a step needs of the candidate, whatever the verdict.</summary>
public readonly record struct MinimumEvidence(long Requests, long Users)
{
    public static readonly MinimumEvidence Default = new(200, 0);
}

/// <summary>What happens when a step stays unsure for too long.</summary>
public enum UnsureOutcome
{
    Pause,
    Rollback,
    Promote,
}

/// <param name="Hold">Counted per step, from the moment its weight is in force.</param>
public sealed record UnsurePolicy(TimeSpan Hold, UnsureOutcome Then)
{
    public static readonly UnsurePolicy Default = new(TimeSpan.FromHours(2), UnsureOutcome.Pause);
}

/// <summary>One exposure level below 100 % of everybody.</summary>
/// <param name="Cohort">Whom <paramref name="Weights"/> applies to; null for everybody not in an earlier cohort.</param>
/// <param name="Weights">The share in force during the step.</param>
/// <param name="Dwell">Minimum time in the step.</param>
/// <param name="AtLeast">Minimum evidence of the candidate during the step.</param>
/// <param name="IsHoldback">The step before 100 % that keeps a share on stable so that the sequential test goes on.</param>
public sealed record Step(string? Cohort, Weights Weights, TimeSpan Dwell, MinimumEvidence AtLeast, bool IsHoldback = false)
{
    /// <summary>
    /// The share of requests that the candidate gets a copy of, while users are all on stable; null for a step that exposes users.
    /// </summary>
    public Weights? Shadow { get; init; }
}

/// <summary>How a bundle is taken into an environment. The steps end below 100 % of everybody; 100 % is the watch.</summary>
public sealed record Plan
{
    public static readonly TimeSpan DefaultDwell = TimeSpan.FromSeconds(60);
    public static readonly TimeSpan DefaultHoldback = TimeSpan.FromMinutes(60);
    public static readonly TimeSpan DefaultWatch = TimeSpan.FromHours(1);

    /// <summary>The share of a holdback step.</summary>
    public static readonly Weights HoldbackWeights = Weights.OfCandidate(9500);

    public Strategy Strategy { get; init; }

    /// <summary>Rising exposure levels; empty for blue/green and all-at-once.</summary>
    public ImmutableArray<Step> Steps { get; init; } = [];

    /// <summary>Time after 100 % with the old arm kept warm; zero means good at once.</summary>
    public TimeSpan Watch { get; init; } = DefaultWatch;

    /// <summary>What the candidate must have served at 100 % before it is good.</summary>
    public MinimumEvidence AtLeast { get; init; } = MinimumEvidence.Default;

    public UnsurePolicy IfUnsure { get; init; } = UnsurePolicy.Default;

    public bool Equals(Plan? other) =>
        other is not null && Strategy == other.Strategy && Steps.AsSpan().SequenceEqual(other.Steps.AsSpan())
        && Watch == other.Watch && AtLeast == other.AtLeast && IfUnsure == other.IfUnsure;

    public override int GetHashCode() => HashCode.Combine(Strategy, Steps.Length, Watch, IfUnsure);
}
