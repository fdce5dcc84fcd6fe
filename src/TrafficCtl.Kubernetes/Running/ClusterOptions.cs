using System.Collections.Immutable;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.Kubernetes.Leading;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Consul;

namespace TrafficCtl.Kubernetes.Running;

/// <summary>All that a controller must know of its cluster.</summary>
/// <param name="Access">The cluster.</param>
/// <param name="Lease">Elects the one leader among many.</param>
/// <param name="Prometheus">What is measured.</param>
public sealed record ClusterOptions(KubeAccess Access, LeaseSettings Lease, PrometheusOptions Prometheus)
{
    /// <summary>Names it among the clusters of the process: the name of the targets there.</summary>
    public string Name { get; init; } = TargetKey.DefaultTarget;

    /// <summary>For a person.</summary>
    public string Words => Name == TargetKey.DefaultTarget ? "the cluster" : $"the cluster {Name}";

    /// <summary>Only services of these namespaces; empty for all.</summary>
    public ImmutableArray<string> Namespaces { get; init; } = [];

    /// <summary>The process asks an Alertmanager, for services that wait for quiet.</summary>
    public bool HasAlertmanager { get; init; }

    /// <summary>Where service-splitters and service-routers are; null without Consul.</summary>
    public ConsulOptions? Consul { get; init; }

    /// <summary>A changed Secret that a pod template names is a new version; needs the right to read them.</summary>
    public bool WatchesSecrets { get; init; }

    /// <summary>
    /// The record is kept in the cluster's custom resources, and the Lease is the leadership of the process. Else the process has a store
    /// and a leadership of its own, and drives the cluster's services while it holds the Lease.
    /// </summary>
    public bool KeepsRecord { get; init; } = true;

    public KubeClientOptions Client { get; init; } = KubeClientOptions.Default;

    public MeshSettings Mesh { get; init; } = MeshSettings.Default;

    /// <summary>The seed of the jitter in waits.</summary>
    public int Seed { get; init; } = Random.Shared.Next();
}
