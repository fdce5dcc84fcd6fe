using System.Collections.Immutable;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Daemon.Config.Running;

/// <summary>What a daemon serves now, as far as new files can clash with it.</summary>
/// <param name="Key">The target.</param>
/// <param name="LastGood">The version that was shown to be good last: it serves everything, or all but the candidate's share.</param>
/// <param name="Versions">With their endpoints as they are in force; empty when they are not known.</param>
public sealed record RunningService(TargetKey Key, string LastGood, ImmutableArray<VersionSpec> Versions)
{
    /// <summary>What really serves in the place of <see cref="LastGood"/>, which has no endpoint here; null when that serves.</summary>
    public string? StandIn { get; init; }

    /// <summary>The candidate of the active rollout; null without one.</summary>
    public string? Candidate { get; init; }

    /// <summary>The candidate gets requests.</summary>
    public bool IsExposed { get; init; }

    /// <summary>Where it is reached, when that is known.</summary>
    public (Listener Listen, RouteMatch Match)? Place { get; init; }

    public VersionSpec? Find(string version)
    {
        foreach (var known in Versions)
            if (known.Version == version) return known;
        return null;
    }
}
