using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Caching;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Running;

/// <summary>
/// What the informers hold; a kind that somebody asks for is watched from then on, such as the routing objects of the meshes that are
/// really there.
/// </summary>
internal sealed class OnDemandView(KubeCache cache, ImmutableArray<string> namespaces) : IKubeView
{
    public event Action<KubeKind>? Changed
    {
        add => cache.Changed += value;
        remove => cache.Changed -= value;
    }

    public bool IsSynced(KubeKind kind)
    {
        Watch(kind);
        return cache.IsSynced(kind);
    }

    public bool IsWatched(KubeKind kind) => cache.IsWatched(kind);

    public ImmutableArray<JsonObject> All(KubeKind kind) => cache.All(kind);

    public JsonObject? Get(KubeName name) => cache.Get(name);

    private void Watch(KubeKind kind)
    {
        if (namespaces.IsEmpty) cache.Watch(kind);
        foreach (var space in namespaces) cache.Watch(kind, space);
    }
}
