using System.Collections.Immutable;
using TrafficCtl.Core.Delivery;

namespace TrafficCtl.Adapters.Kubernetes.Discovery;

/// <summary>The services of the cluster after one pass.</summary>
/// <param name="All">Each with what declares it.</param>
/// <param name="Invalid">Declarations with problems; some of them are in force as they were before.</param>
public sealed record ClusterServices(ImmutableArray<ClusterService> All, int Invalid)
{
    public static readonly ClusterServices None = new([], 0);
}

/// <param name="Spec">Null while nothing runs that could be controlled.</param>
/// <param name="Delivery">In force.</param>
/// <param name="Origin">The object that declares it.</param>
public sealed record ClusterService(ServiceSpec? Spec, ClusterDelivery Delivery, KubeOrigin Origin)
{
    public string Name => $"{Delivery.Namespace}.{Delivery.Service}";
}
