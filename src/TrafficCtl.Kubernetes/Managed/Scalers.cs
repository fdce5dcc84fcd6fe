using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Managed;

/// <summary>What scales a Deployment: a HorizontalPodAutoscaler, or a ScaledObject of KEDA, which makes one of its own.</summary>
internal sealed record SeenScaler(KubeKind Kind, JsonObject Object)
{
    public string Name => Object.NameOf();

    /// <summary>It scales from and to 0 by itself, so a Deployment that is to stay at 0 needs it paused.</summary>
    public bool ScalesFromZero => Kind == KubeKind.ScaledObject;

    /// <summary>Somebody paused it, be it the controller.</summary>
    public bool IsPaused =>
        Object.Annotation(Scalers.PausedReplicas) is not null || Object.Annotation(Scalers.Paused) is not (null or "false");

    /// <summary>The controller paused it.</summary>
    public bool IsPausedByUs => Object.Annotation(Scalers.PausedByUs) is not null;
}

/// <summary>How autoscalers are found and copied.</summary>
internal static class Scalers
{
    public const string PausedReplicas = "autoscaling.keda.sh/paused-replicas", Paused = "autoscaling.keda.sh/paused";

    /// <summary>On a ScaledObject of the user: the controller paused it, and is to end that.</summary>
    public const string PausedByUs = "state.trafficctl.io/paused";

    private const string Keda = "keda.sh/", KedaPrefix = "keda-hpa-";

    /// <summary>KEDA makes it of a ScaledObject, and gives it the labels of that: it is nobody else's to copy, change or delete.</summary>
    public static bool IsOfKeda(JsonObject scaler) => scaler.NameOf().StartsWith(KedaPrefix, StringComparison.Ordinal)
        || scaler.ListAt("metadata", "ownerReferences").Any(o =>
            o.TextAt("kind") == KubeKind.ScaledObject.Kind && (o.TextAt("apiVersion") ?? "").StartsWith(Keda, StringComparison.Ordinal));

    /// <summary>The user's, of a Deployment; null without one.</summary>
    public static SeenScaler? Of(IKubeView view, string space, string deployment)
    {
        foreach (var scaled in view.All(KubeKind.ScaledObject))
            if (Targets(scaled, space, deployment)) return new SeenScaler(KubeKind.ScaledObject, scaled);
        foreach (var scaler in view.All(KubeKind.HorizontalPodAutoscaler))
            if (Targets(scaler, space, deployment) && !IsOfKeda(scaler)) return new SeenScaler(KubeKind.HorizontalPodAutoscaler, scaler);
        return null;
    }

    /// <summary>The specification for the copy.</summary>
    /// <param name="scaler">The scaler of the source.</param>
    /// <param name="target">The copy.</param>
    /// <param name="least">Replicas that it must keep, at least 1: a version that serves is never scaled to 0.</param>
    public static JsonObject SpecFor(SeenScaler scaler, string target, int least)
    {
        var spec = scaler.Object.MapAt("spec")!.DeepClone().AsObject();
        spec["scaleTargetRef"]!["name"] = target;
        var (min, max) = scaler.Kind == KubeKind.ScaledObject ? ("minReplicaCount", "maxReplicaCount") : ("minReplicas", "maxReplicas");
        var most = spec.NumberAt(max) ?? (scaler.Kind == KubeKind.ScaledObject ? 100 : 1);
        spec[min] = Math.Max(least, spec.NumberAt(min) ?? 1);
        spec[max] = Math.Max(most, spec.NumberAt(min) ?? 1);
        spec.Remove("idleReplicaCount");
        // Two autoscalers cannot have one name.
        if (spec.MapAt("advanced", "horizontalPodAutoscalerConfig") is { } config && config.TextAt("name") is { Length: > 0 } name)
            config["name"] = OwnObjects.CopyName(name);
        return spec;
    }

    private static bool Targets(JsonObject scaler, string space, string deployment) =>
        scaler.NamespaceOf() == space && !OwnObjects.IsOurs(scaler)
        && (scaler.TextAt("spec", "scaleTargetRef", "kind") ?? KubeKind.Deployment.Kind) == KubeKind.Deployment.Kind
        && scaler.TextAt("spec", "scaleTargetRef", "name") == deployment;
}
