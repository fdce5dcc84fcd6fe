using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>What the informers hold: read from any thread, never asks the server. The objects are shared and must not be changed.</summary>
public interface IKubeView
{
    /// <summary>Every object of a kind was listed at least once: what is not there does not exist.</summary>
    bool IsSynced(KubeKind kind);

    /// <summary>Somebody watches the kind: what is not there does not exist, or is not heard of yet.</summary>
    bool IsWatched(KubeKind kind);

    /// <summary>All that is known of a kind; empty when it is not watched.</summary>
    ImmutableArray<JsonObject> All(KubeKind kind);

    /// <summary>Null when it does not exist, or its kind is not watched.</summary>
    JsonObject? Get(KubeName name);

    /// <summary>An object of the kind came, changed or went; raised on any thread, and must return at once.</summary>
#pragma warning disable MA0046 // Nobody needs the sender: a listener looks at what the view says now.
    event Action<KubeKind>? Changed;
#pragma warning restore MA0046
}
