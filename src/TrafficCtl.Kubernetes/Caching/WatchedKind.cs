namespace TrafficCtl.Kubernetes.Caching;

/// <summary>What one informer holds.</summary>
/// <param name="Kind">In the version that the cluster serves.</param>
/// <param name="In">A namespace; null for all.</param>
/// <param name="Labels">A label selector; null for all.</param>
internal sealed record WatchedKind(KubeKind Kind, string? In, string? Labels);
