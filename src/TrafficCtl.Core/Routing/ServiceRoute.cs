namespace TrafficCtl.Core.Routing;

/// <summary>What a router is told about one service: absolute, stamped, safe to repeat.</summary>
/// <param name="Service">The service's name.</param>
/// <param name="Generation">Rises with each saved decision of the service; a router refuses an older one.</param>
/// <param name="Stable">The version that serves the stable arm.</param>
/// <param name="Candidate">The version that serves the candidate arm; null when no rollout holds one.</param>
/// <param name="RolloutId">The rollout whose id salts the buckets; null exactly when <paramref name="Candidate"/> is.</param>
/// <param name="Exposure">The asked exposure; <see cref="Exposure.None"/> without a candidate.</param>
public sealed record ServiceRoute(
    string Service, long Generation, string Stable, string? Candidate, string? RolloutId, Exposure Exposure)
{
    public static ServiceRoute Idle(string service, long generation, string stable) =>
        new(service, generation, stable, null, null, Exposure.None);
}
