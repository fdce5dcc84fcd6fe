using TrafficCtl.Kubernetes.Mesh.Consul;
using TrafficCtl.Kubernetes.Mesh.GatewayApi;
using TrafficCtl.Kubernetes.Mesh.IngressNginx;
using TrafficCtl.Kubernetes.Mesh.Istio;
using TrafficCtl.Kubernetes.Mesh.Smi;
using TrafficCtl.Kubernetes.Mesh.Traefik;

namespace TrafficCtl.Kubernetes.Mesh.Dialects;

/// <summary>Every mesh that is known: a dialect is one folder and one row here.</summary>
internal static class DialectList
{
    internal static readonly IMeshDialect[] All =
    [
        new IstioDialect(), new SmiDialect(), new GatewayApiDialect(), new IngressNginxDialect(), new TraefikDialect(), new ConsulDialect(),
    ];

    /// <summary>The names of those that can send copies of requests to a slot, for a person.</summary>
    public static string Mirroring => string.Join(" and ", All.Where(d => d.CanMirror).Select(d => d.Name));

    /// <exception cref="MeshException">There is none of that name.</exception>
    public static IMeshDialect Find(string name) => All.FirstOrDefault(d => d.Name == name) ?? throw new MeshException(
        MeshFault.Unsupported, $"there is no mesh {name}; known are {string.Join(", ", All.Select(d => d.Name))}");
}
