using System.Collections.Immutable;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.Kubernetes.Leading;
using TrafficCtl.Kubernetes.Mesh.Consul;

namespace TrafficCtl.Kubernetes.Running;

/// <summary>What releases the ownership of every route of a cluster.</summary>
/// <param name="Access">The cluster.</param>
/// <param name="Lease">
/// The controllers', as one that is held until it runs out (<see cref="LeaseSettings.TakesOver"/>): else a controller that still runs would
/// write back.
/// </param>
public sealed record UninstallOptions(KubeAccess Access, LeaseSettings Lease)
{
    /// <summary>Only services of these namespaces; empty for all.</summary>
    public ImmutableArray<string> Namespaces { get; init; } = [];

    /// <summary>Where service-splitters and service-routers are; null without Consul.</summary>
    public ConsulOptions? Consul { get; init; }

    public KubeClientOptions Client { get; init; } = KubeClientOptions.Default;

    /// <summary>Says what would be done: takes no Lease and writes nothing.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>How long all of it may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The seed of the jitter in waits.</summary>
    public int Seed { get; init; } = Random.Shared.Next();
}
