namespace TrafficCtl.Adapters.Metrics.Prometheus.Presets;

/// <summary>Pods of a Deployment: <c>deployment-hash-suffix</c>.</summary>
internal static class PodNames
{
    /// <summary>A regular expression of the pods of a workload.</summary>
    public static string Pattern(string workload) => $"{QueryText.Escape(workload)}-[a-z0-9]+-[a-z0-9]+";

    /// <summary>Null for a name that no Deployment gives.</summary>
    public static string? WorkloadOf(string pod)
    {
        var suffix = pod.LastIndexOf('-');
        var hash = suffix > 0 ? pod.LastIndexOf('-', suffix - 1) : -1;
        return hash > 0 ? pod[..hash] : null;
    }
}
