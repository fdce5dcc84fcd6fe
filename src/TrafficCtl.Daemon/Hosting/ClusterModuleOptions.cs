using System.Collections.Immutable;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Access;

namespace TrafficCtl.Daemon.Hosting;

/// <summary>The cluster that a process drives services of, and the Lease by which one of several processes does.</summary>
public sealed record ClusterModuleOptions
{
    public const string DefaultLease = "trafficctl";

    /// <summary>The name of the only cluster of a process.</summary>
    public const string DefaultName = TargetKey.DefaultTarget;

    public const string DefaultProbes = "0.0.0.0:9181";

    /// <summary>Names it among the clusters of the process: the name of the targets there. A DNS label.</summary>
    public string Name { get; init; } = DefaultName;

    /// <summary>What is asked of the signals here, as far as it is another than that of the process.</summary>
    public ClusterPrometheus Prometheus { get; init; } = ClusterPrometheus.OfProcess;

    /// <summary>Null: of the pod that this runs in, else <c>$KUBECONFIG</c> or <c>~/.kube/config</c>.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>A context of the kubeconfig; null for its current one.</summary>
    public string? Context { get; init; }

    /// <summary>Only services of these namespaces; empty for all.</summary>
    public ImmutableArray<string> Namespaces { get; init; } = [];

    /// <summary>Where the lease is; null for the pod's own namespace, else <c>default</c>.</summary>
    public string? LeaseNamespace { get; init; }

    public string Lease { get; init; } = DefaultLease;

    /// <summary>Names this process among the candidates for the lease; unlike any other.</summary>
    public required string Identity { get; init; }

    /// <summary>
    /// From the last renewal that others saw to their turn; renewed and asked for in parts of it, as Kubernetes' own components do.
    /// </summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The cluster, where it is known already; null to look for it.</summary>
    public KubeAccess? Access { get; init; }

    /// <summary>Where service-splitters and service-routers are; null without Consul.</summary>
    public Uri? Consul { get; init; }

    /// <summary>A file with Consul's ACL token; null for none.</summary>
    public string? ConsulTokenFile { get; init; }

    /// <summary>A changed Secret that a pod template names is a new version; needs the right to read them.</summary>
    public bool WatchesSecrets { get; init; }

    /// <summary>
    /// A name that a namespace may have: 1 to 63 of lower-case letters, digits and <c>-</c>, neither the first nor the last of them a
    /// <c>-</c>.
    /// </summary>
    public static bool IsObjectName(string text) =>
        text.Length is > 0 and <= 63
            && text[0] != '-'
            && text[^1] != '-'
            && text.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    /// <summary>The host's name, for people, and what makes it another one than the last life's.</summary>
    public static string NewIdentity() => $"{Environment.MachineName.ToLowerInvariant()}_{Guid.NewGuid().ToString("N")[..8]}";
}
