using System.Collections.Immutable;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.Kubernetes.Leading;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Consul;

namespace TrafficCtl.Kubernetes.Running;

/// <summary>All that a controller must know of its cluster.</summary>
/// <param name="Access">The cluster.</param>
/// <param name="Lease">By which one of many leads.</param>
/// <param name="Prometheus">What is measured.</param>
public sealed record ClusterOptions(KubeAccess Access, LeaseSettings Lease, PrometheusOptions Prometheus)
{
    /// <summary>Only services of these namespaces; empty for all.</summary>
    public ImmutableArray<string> Namespaces { get; init; } = [];

    /// <summary>Asked for alerts where a service waits for quiet; null without one.</summary>
    public Uri? Alertmanager { get; init; }

    /// <summary>Where service-splitters and service-routers are; null without Consul.</summary>
    public ConsulOptions? Consul { get; init; }

    /// <summary>A changed Secret that a pod template names is a new version; needs the right to read them.</summary>
    public bool WatchesSecrets { get; init; }

    public KubeClientOptions Client { get; init; } = KubeClientOptions.Default;

    public MeshSettings Mesh { get; init; } = MeshSettings.Default;

    /// <summary>Of the jitter in waits.</summary>
    public int Seed { get; init; } = Environment.TickCount;
}
