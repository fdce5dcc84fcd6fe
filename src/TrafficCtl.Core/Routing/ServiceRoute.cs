using TrafficCtl.Core.Targets;

namespace TrafficCtl.Core.Routing;

/// <summary>What a router gets for one target: absolute, stamped, safe to repeat.</summary>
/// <param name="Key">The target.</param>
/// <param name="Generation">Rises with each saved decision about the target; a router refuses an older one.</param>
/// <param name="Stable">The version that serves the stable arm.</param>
/// <param name="Candidate">The version that serves the candidate arm; null when no rollout holds one.</param>
/// <param name="RolloutId">The rollout whose id salts the buckets; null exactly when <paramref name="Candidate"/> is.</param>
/// <param name="Exposure">The asked exposure; <see cref="Exposure.None"/> without a candidate.</param>
public sealed record ServiceRoute(
    TargetKey Key, long Generation, string Stable, string? Candidate, string? RolloutId, Exposure Exposure)
{
    /// <summary>The route groups of the rollout, the same for every proxy; null while paths need not be counted.</summary>
    public PathGroups? Paths { get; init; }

    public static ServiceRoute Idle(TargetKey key, long generation, string stable) =>
        new(key, generation, stable, null, null, Exposure.None);
}
