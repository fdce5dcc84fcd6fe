using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Tests;

/// <summary>Informers that hear of a change later than it is made, as those of a busy or a cut API server do.</summary>
internal sealed class LaggingView(MemoryCluster kube) : IKubeView
{
    private IReadOnlyDictionary<KubeName, JsonObject>? heard;

    public event Action<KubeKind>? Changed
    {
        add => kube.Changed += value;
        remove => kube.Changed -= value;
    }

    /// <summary>What is made from now on is heard of when this is false again.</summary>
    public bool IsLate
    {
        get => heard is not null;
        set => heard = value ? heard ?? kube.Snapshot() : null;
    }

    public bool IsSynced(KubeKind kind) => kube.IsSynced(kind);

    public bool IsWatched(KubeKind kind) => kube.IsWatched(kind);

    public ImmutableArray<JsonObject> All(KubeKind kind) => heard is null
        ? kube.All(kind)
        : [.. heard.Where(o => o.Key.Kind == kind).OrderBy(o => o.Key.ToString(), StringComparer.Ordinal).Select(o => o.Value)];

    public JsonObject? Get(KubeName name) => heard is null ? kube.Get(name) : heard.GetValueOrDefault(name);
}
