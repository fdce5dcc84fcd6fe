namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>Kinds that several dialects look at.</summary>
internal static class MeshResources
{
    internal static readonly MeshResource Service = new("", "services", "Service", ["v1"]);
}
