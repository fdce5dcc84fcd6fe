using System.Collections.Immutable;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Core.Signals;

/// <summary>
/// Cumulative counters of one arm of one population (null: the general one) since its rollout began; an arm may come in several.
/// </summary>
public sealed record ArmReading(Arm Arm, string? Cohort, Counts Counts)
{
    /// <summary>
    /// For stable: the group of as many instances as the candidate has, 0 to <see cref="Tick.MostPlacebos"/> - 1, whose requests these
    /// are; null for all other requests. The same instances as long as source and <see cref="Reading.Grouping"/> are the same.
    /// </summary>
    public int? Group { get; init; }
}

/// <summary>All counters of a target at one instant, under one rollout (null: no rollout, stable only).</summary>
/// <param name="Source">Changes when the counters began anew (a restart), so that no negative window is made of two lives.</param>
public sealed record Reading(
    TargetKey Key, string? RolloutId, string Source, DateTimeOffset At,
    ImmutableArray<ArmReading> Arms, UserCounts StableUsers, UserCounts CandidateUsers)
{
    /// <summary>Cumulative, over all populations; zero where users are not followed.</summary>
    public UserFlow StableFlow { get; init; }

    public UserFlow CandidateFlow { get; init; }

    /// <summary>Fewer than four users make half of both arms' traffic: to cap what one of them counts would hide most of it.</summary>
    public bool IsConcentrated { get; init; }

    public TopUser Top { get; init; }

    /// <summary>The same of client errors.</summary>
    public TopUser TopClient { get; init; }

    /// <summary>The newest values of the custom metrics, in the order of <c>Analysis.Metrics</c>; empty where none is read.</summary>
    public ImmutableArray<MetricPair> Metrics { get; init; } = [];

    /// <summary>Before step 1, what stable's traffic would be grouped by; null later, and where paths are not measured.</summary>
    public PathGroups? Paths { get; init; }

    /// <summary>Another number where the groups of stable's instances were made anew.</summary>
    public int Grouping { get; init; }

    /// <summary>
    /// When the candidate last got less than it was asked to get, because the safety breaker doubted it; null when it never did.
    /// </summary>
    public DateTimeOffset? LimitedAt { get; init; }

    /// <summary>How long after <see cref="At"/> this still says something of now.</summary>
    public TimeSpan ValidFor { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Zero where counters are read as they stand. Else they lag behind, and windows that begin sooner than this after a
    /// change of weights are left out: no window mixes two splits.
    /// </summary>
    public TimeSpan Settle { get; init; }
}
