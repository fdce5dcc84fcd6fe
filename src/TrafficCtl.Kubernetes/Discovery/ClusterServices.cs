using System.Collections.Immutable;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>The services of the cluster after one pass.</summary>
/// <param name="All">Each with what declares it.</param>
/// <param name="Declared">Every declaration that is switched on.</param>
public sealed record ClusterServices(ImmutableArray<ClusterService> All, ImmutableArray<DeclaredState> Declared)
{
    public static readonly ClusterServices None = new([], []);

    /// <summary>Declarations with problems.</summary>
    public int Invalid => Declared.Count(d => !d.Problems.IsEmpty);
}

/// <summary>What became of a declaration.</summary>
/// <param name="Problems">All that is wrong with it; then it is in force as it was before, if ever.</param>
public sealed record DeclaredState(string Namespace, string Service, KubeOrigin Origin, ImmutableArray<string> Problems)
{
    /// <summary>What serves is known: the version that is good, from a slot.</summary>
    public bool IsServed { get; init; }

    /// <summary>
    /// Why what serves is not the good version with endpoints that are ready: one word, and a sentence; null when it is, or when that is
    /// not known.
    /// </summary>
    public (string Reason, string Text)? NotServing { get; init; }

    /// <summary>What happens to it, because its root Service was deleted; null while that is there.</summary>
    public string? Leaving { get; init; }
}

/// <param name="Spec">Null while nothing runs that could be controlled.</param>
/// <param name="Delivery">In force.</param>
/// <param name="Origin">The object that declares it.</param>
public sealed record ClusterService(ServiceSpec? Spec, ClusterDelivery Delivery, KubeOrigin Origin)
{
    public string Name => Delivery.Name;

    public TargetKey Key => Delivery.Key;

    /// <summary>Its root Service was deleted.</summary>
    public Departure Departure { get; init; }
}
