using System.Collections.Immutable;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Core.Services;

/// <summary>One service of a delivery file: what exists here is valid.</summary>
public sealed record ServiceSpec
{
    public const string DefaultEnvironment = TargetKey.DefaultEnvironment;

    public required string Service { get; init; }

    /// <summary>The environment that this is the service of; one process may serve several.</summary>
    public string Environment { get; init; } = DefaultEnvironment;

    /// <summary>The name of the target inside the environment.</summary>
    public string TargetName { get; init; } = TargetKey.DefaultTarget;

    public TargetKey Key => new(Service, Environment, TargetName);

    /// <summary>Where it runs.</summary>
    public required Target Target { get; init; }

    /// <summary>Whose request it is, first found wins; else an anonymous bucket cookie.</summary>
    public ImmutableArray<RequestAttribute> Identity { get; init; } = [];

    /// <summary>Where the versions come from, in words.</summary>
    public Listing Listing { get; init; } = Listing.File;

    /// <summary>In the file's order.</summary>
    public required ImmutableArray<VersionSpec> Versions { get; init; }

    /// <summary>The birth value only: afterwards the store's last good wins.</summary>
    public required string Stable { get; init; }

    /// <summary>A listed version starts only by a publish or a retry, never by being listed: a pipeline says when.</summary>
    public bool StartsByWishOnly { get; init; }

    public ImmutableArray<Cohort> Cohorts { get; init; } = [];

    public Plan Plan { get; init; } = new();

    /// <summary>What must hold for a step to begin: each is asked before every one.</summary>
    public ImmutableArray<Gate> Needs { get; init; } = [];

    public Analysis Analysis { get; init; } = Analysis.Default;

    public VersionSpec? FindVersion(string version)
    {
        foreach (var candidate in Versions)
            if (candidate.Version == version) return candidate;
        return null;
    }
}
