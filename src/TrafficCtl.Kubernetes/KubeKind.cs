namespace TrafficCtl.Kubernetes;

/// <summary>A resource of the API: what a path is made of.</summary>
/// <param name="Group">Empty for the core group.</param>
/// <param name="Version">Such as <c>v1</c>.</param>
/// <param name="Plural">Such as <c>virtualservices</c>.</param>
/// <param name="Kind">Such as <c>VirtualService</c>.</param>
public sealed record KubeKind(string Group, string Version, string Plural, string Kind, bool IsNamespaced = true)
{
    public static readonly KubeKind Service = new("", "v1", "services", "Service");
    public static readonly KubeKind ConfigMap = new("", "v1", "configmaps", "ConfigMap");
    public static readonly KubeKind Secret = new("", "v1", "secrets", "Secret");
    public static readonly KubeKind Deployment = new("apps", "v1", "deployments", "Deployment");
    public static readonly KubeKind DaemonSet = new("apps", "v1", "daemonsets", "DaemonSet");
    public static readonly KubeKind EndpointSlice = new("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice");
    public static readonly KubeKind HorizontalPodAutoscaler = new(
        "autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler");
    public static readonly KubeKind ScaledObject = new("keda.sh", "v1alpha1", "scaledobjects", "ScaledObject");
    public static readonly KubeKind Lease = new("coordination.k8s.io", "v1", "leases", "Lease");
    public static readonly KubeKind Event = new("events.k8s.io", "v1", "events", "Event");
    public static readonly KubeKind Delivery = new("trafficctl.io", "v1alpha1", "deliveries", "Delivery");
    public static readonly KubeKind Rollout = new("trafficctl.io", "v1alpha1", "rollouts", "Rollout");

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    public override string ToString() => Group.Length == 0 ? Plural : $"{Plural}.{Group}";
}

/// <summary>One object.</summary>
/// <param name="Namespace">Null exactly when the kind has none.</param>
public sealed record KubeName(KubeKind Kind, string? Namespace, string Name)
{
    public override string ToString() => Namespace is null ? $"{Kind.Kind} {Name}" : $"{Kind.Kind} {Namespace}/{Name}";
}
