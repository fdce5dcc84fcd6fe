using TrafficCtl.Core.Routing;

namespace TrafficCtl.Core.Signals;

/// <summary>Aligned windows of both arms over one interval: what the judge absorbs.</summary>
/// <param name="Seconds">The interval's length.</param>
/// <param name="Stable">The concurrent stable arm; for a cohort at 100 % its counterpart outside the cohort.</param>
/// <param name="Candidate">The candidate arm.</param>
/// <param name="Weights">The asked split of the compared population; it only resets the dispersion's history.</param>
/// <param name="StableUsers">Users of the stable arm.</param>
/// <param name="CandidateUsers">Users of the candidate arm.</param>
public readonly record struct Tick(
    double Seconds, Counts Stable, Counts Candidate, Weights Weights, UserCounts StableUsers, UserCounts CandidateUsers);
