using System.Collections.Immutable;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Proxy.Snapshots;

/// <summary>Keys of state that a build saved when a process served one environment of each service, and so did not name it.</summary>
internal static class FormerKeys
{
    /// <summary>The key of a row that names no environment.</summary>
    public static TargetKey Of(string service) => new(service, "");

    public static bool IsOne(TargetKey key) => key.Environment.Length == 0;

    /// <summary>The target that the state is of: the one that its rollout's id names, else the only one of its service.</summary>
    /// <returns>Null when that is not known: a target that begins with another one's route would serve what nobody decided.</returns>
    public static TargetKey? Resolve(TargetKey unnamed, string? rolloutId, ImmutableArray<ServiceSpec> specs)
    {
        var targets = specs.Where(s => s.Service == unnamed.Service).Select(s => s.Key).ToArray();
        if (rolloutId is { Length: > 0 } id)
        {
            // Compared as a whole: "checkout-prod-eu-3" is of prod-eu, and begins as those of prod do.
            var owner = id.AsSpan(0, Math.Max(0, id.LastIndexOf('-')));
            foreach (var key in targets)
                if (owner.SequenceEqual(RolloutState.OwnerOf(key))) return key;
            return null;
        }

        return targets.Length == 1 ? targets[0] : null;
    }
}
