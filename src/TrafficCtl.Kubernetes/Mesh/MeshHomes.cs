namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>Where routing objects live.</summary>
/// <param name="Kube">Objects of the cluster.</param>
/// <param name="Consul">Null where no Consul is configured.</param>
internal sealed record MeshHomes(IMeshObjects Kube, IMeshObjects? Consul)
{
    /// <exception cref="MeshException">The dialect's home is not configured.</exception>
    public IMeshObjects ObjectsOf(IMeshDialect dialect) => dialect.Home switch
    {
        MeshHome.Consul => Consul ?? throw new MeshException(
            MeshFault.Unsupported, "a route is in Consul, and no address of Consul is configured; give --consul"),
        _ => Kube,
    };
}
