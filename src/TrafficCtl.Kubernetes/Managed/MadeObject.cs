using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Managed;

/// <summary>An object that the controller made.</summary>
internal sealed record MadeObject(KubeKind Kind, JsonObject Object)
{
    /// <summary>In the order in which they are deleted: capacity goes with its autoscaler.</summary>
    private static readonly ImmutableArray<KubeKind> Kinds =
    [
        KubeKind.ScaledObject, KubeKind.HorizontalPodAutoscaler, KubeKind.Deployment, KubeKind.Service, KubeKind.ConfigMap, KubeKind.Secret,
    ];

    public KubeName Name { get; } = new(Kind, Object.NamespaceOf(), Object.NameOf());

    public bool IsConfig => Kind == KubeKind.ConfigMap || Kind == KubeKind.Secret;

    /// <summary>The Service that it was made for; its name is empty where a label does not tell.</summary>
    public KubeName Root => new(KubeKind.Service, Object.NamespaceOf(), Object.Label(OwnObjects.ServiceLabel) ?? "");

    /// <summary>All that the informers hold. What KEDA made of a ScaledObject of the controller's is KEDA's to delete.</summary>
    public static ImmutableArray<MadeObject> All(IKubeView view) =>
    [
        .. Kinds.SelectMany(kind => view.All(kind).Where(OwnObjects.IsMade).Select(o => new MadeObject(kind, o)))
            .Where(m => !Scalers.IsOfKeda(m.Object)),
    ];
}
