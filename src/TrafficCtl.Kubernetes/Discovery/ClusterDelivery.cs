using System.Collections.Immutable;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>A declaration that was read and is valid: all of a service but what runs behind its slots now.</summary>
public sealed record ClusterDelivery
{
    public required string Namespace { get; init; }

    /// <summary>The Service that clients address.</summary>
    public required string Service { get; init; }

    public string Environment { get; init; } = ServiceSpec.DefaultEnvironment;

    /// <summary>The name of its cluster among those of the process.</summary>
    public string TargetName { get; init; } = TargetKey.DefaultTarget;

    /// <summary>The engine's name of the service.</summary>
    public string Name => $"{Namespace}.{Service}";

    public TargetKey Key => new(Name, Environment, TargetName);

    /// <summary>The routing object, or the first of several.</summary>
    public required RouteReference Route { get; init; }

    public required RouteMode Mode { get; init; }

    /// <summary>The other routing objects that carry the same split.</summary>
    public ImmutableArray<RoutePart> Also { get; init; } = [];

    /// <summary>All routing objects, for a person.</summary>
    public string RoutesText => string.Join(", ", [Route, .. Also.Select(a => a.Route)]);

    public DriftPolicy Drift { get; init; }

    /// <summary>The mesh splits by the header <c>x-tc-bucket</c>.</summary>
    public bool IsSplitByBucket { get; init; }

    public required string Metrics { get; init; }

    /// <summary>The first slot, where a good version is to serve in the long run.</summary>
    public required string StableService { get; init; }

    public required string CandidateService { get; init; }

    /// <summary>The controller keeps the stable copy of the one Deployment behind the Service.</summary>
    public bool IsManaged { get; init; }

    public ImmutableArray<RequestAttribute> Identity { get; init; } = [];

    public ImmutableArray<Cohort> Cohorts { get; init; } = [];

    public Plan Plan { get; init; } = new();

    public Analysis Analysis { get; init; } = Analysis.Default;

    /// <summary>What must hold for a step to begin.</summary>
    public ImmutableArray<Gate> Needs { get; init; } = [];

    /// <summary>The service with what runs behind its slots.</summary>
    /// <param name="versions">The versions of the slots, the first slot's first; at least one.</param>
    /// <param name="slots">In the order of preference.</param>
    public ServiceSpec With(ImmutableArray<VersionSpec> versions, ImmutableArray<Slot> slots) => new()
    {
        Service = Name,
        Environment = Environment,
        TargetName = TargetName,
        Target = new ClusterTarget
        {
            Namespace = Namespace,
            Service = Service,
            Slots = slots,
            Route = Route,
            Mode = Mode,
            Also = Also,
            Drift = Drift,
            IsSplitByBucket = IsSplitByBucket,
            Metrics = Metrics,
        },
        Identity = Identity,
        Versions = versions,
        Stable = versions[0].Version,
        Cohorts = Cohorts,
        Plan = Plan,
        Analysis = Analysis,
        Needs = Needs,
    };
}

/// <summary>What came of reading a declaration.</summary>
/// <param name="Delivery">Null when there are problems, or when it is switched off.</param>
/// <param name="IsOff">It says that it is not to be controlled.</param>
/// <param name="Problems">Everything that is wrong, each a sentence with its place; then nothing of it takes effect.</param>
/// <param name="Warnings">Right, but perhaps not what was meant.</param>
public sealed record ReadDelivery(
    ClusterDelivery? Delivery, bool IsOff, ImmutableArray<string> Problems, ImmutableArray<string> Warnings);

/// <summary>The strict reader of declarations; it lives where delivery files are read.</summary>
public interface IDeliveryReader
{
    ReadDelivery Read(DeclaredService declared);
}
