using System.Diagnostics.CodeAnalysis;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Core.Signals;

/// <summary>Aligned windows of both arms over one interval: what the judge absorbs.</summary>
/// <param name="Seconds">The interval's length.</param>
/// <param name="Stable">The concurrent stable arm; for a cohort at 100 % its counterpart outside the cohort.</param>
/// <param name="Candidate">The candidate arm.</param>
/// <param name="Weights">
/// The asked split of the compared population, of a shadow that of all that is counted; it only resets the dispersion's history.
/// </param>
/// <param name="StableUsers">Users of the stable arm.</param>
/// <param name="CandidateUsers">Users of the candidate arm.</param>
[SuppressMessage("Performance", "CA1819", Justification = "Counters that are reused: a copy a read would be garbage a tick.")]
public readonly record struct Tick(
    double Seconds, Counts Stable, Counts Candidate, Weights Weights, UserCounts StableUsers, UserCounts CandidateUsers)
{
    /// <summary>Placebo groups at most; more are left out.</summary>
    public const int MostPlacebos = 4;

    /// <summary>
    /// Disjoint parts of <see cref="Stable"/>, each of as many stable instances as the candidate has: the A/A guard
    /// (statistics 3.3) runs the candidate's test on them. Always the same instances; null when not measured. May be reused.
    /// </summary>
    public Counts[]? Placebos { get; init; }

    /// <summary>
    /// Each request is assigned by itself, not by its user: the share of requests can be held against <see cref="Weights"/>.
    /// </summary>
    public bool AssignsRequests { get; init; }

    /// <summary>Nobody said the split, <see cref="Weights"/> is what was seen of it: then the share cannot be held against it.</summary>
    public bool IsSplitGuessed { get; init; }

    /// <summary>Fewer than four users make half of the traffic, so that failures and requests are not capped per user.</summary>
    public bool IsUncapped { get; init; }

    public TopUser Top { get; init; }

    /// <summary>The same of client errors.</summary>
    public TopUser TopClient { get; init; }

    public UserFlow StableFlow { get; init; }

    public UserFlow CandidateFlow { get; init; }

    /// <summary>What <see cref="Counts.Paths"/> of both arms is of; null when routes are not measured.</summary>
    public PathGroups? Paths { get; init; }

    /// <summary>One for each of <c>Analysis.Metrics</c>; null when none was read. The array may be reused.</summary>
    public MetricPair[]? Metrics { get; init; }
}
