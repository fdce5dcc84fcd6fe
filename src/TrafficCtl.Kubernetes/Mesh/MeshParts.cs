using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Kubernetes.Mesh.Ledger;

namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>What every keeper of a route works with.</summary>
/// <param name="Kube">Objects of the cluster.</param>
/// <param name="Consul">Null where no Consul is configured.</param>
/// <param name="Shares">Null where nobody measures shares.</param>
internal sealed record MeshParts(
    IClusterTargets Targets, IMeshObjects Kube, IMeshObjects? Consul, IRouteLedger Ledger, IShareObserver? Shares, MeshSettings Settings, TimeProvider Clock)
{
    /// <exception cref="MeshException">The dialect's home is not configured.</exception>
    public IMeshObjects ObjectsOf(IMeshDialect dialect) => dialect.Home switch
    {
        MeshHome.Consul => Consul ?? throw new MeshException(MeshFault.Unsupported, "a route is in Consul, and no address of Consul is configured; give --consul"),
        _ => Kube,
    };
}
