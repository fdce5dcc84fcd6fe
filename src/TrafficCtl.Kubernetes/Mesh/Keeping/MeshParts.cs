using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Kubernetes.Mesh.Ledger;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

/// <summary>What every keeper of a route works with.</summary>
/// <param name="Homes">Where the routing objects live.</param>
/// <param name="Shares">Null where nobody measures shares.</param>
internal sealed record MeshParts(
    IClusterTargets Targets, MeshHomes Homes, IRouteLedger Ledger, IShareObserver? Shares, MeshSettings Settings, TimeProvider Clock);
