using System.Collections.Immutable;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Core.Signals;

/// <summary>Cumulative counters of one arm of one population (null: the general one) since its rollout began.</summary>
public sealed record ArmReading(Arm Arm, string? Cohort, Counts Counts);

/// <summary>All counters of a service at one instant, under one rollout (null: no rollout, stable only).</summary>
/// <param name="Source">Changes when the counters began anew (a restart), so that no negative window is made of two lives.</param>
public sealed record Reading(
    string Service, string? RolloutId, string Source, DateTimeOffset At,
    ImmutableArray<ArmReading> Arms, UserCounts StableUsers, UserCounts CandidateUsers)
{
    /// <summary>Cumulative, over all populations; zero where users are not followed.</summary>
    public UserFlow StableFlow { get; init; }

    public UserFlow CandidateFlow { get; init; }
}
