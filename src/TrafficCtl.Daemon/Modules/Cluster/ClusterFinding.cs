using System.Collections.Immutable;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.Kubernetes.Leading;
using TrafficCtl.Kubernetes.Mesh.Consul;
using TrafficCtl.Kubernetes.Running;

namespace TrafficCtl.Daemon.Modules.Cluster;

/// <summary>From the options of a process to its clusters: where each is, who measures it, and its Lease.</summary>
internal static class ClusterFinding
{
    /// <exception cref="DaemonRefusedException">Options that contradict one another.</exception>
    /// <exception cref="KubeAccessException">A kubeconfig that cannot be used, or has no such context.</exception>
    public static ImmutableArray<ClusterOptions> Find(DaemonOptions options)
    {
        if (options.Files.IsEmpty && (options.Clusters.Length > 1 || options.Clusters[0].Name != TargetKey.DefaultTarget))
            throw new DaemonRefusedException(
                ["a controller keeps its record in its cluster, and drives that alone: start one for each, or run -f FILE with "
                    + "--kubernetes NAME=CONTEXT"]);
        var found = ImmutableArray.CreateBuilder<ClusterOptions>();
        foreach (var chosen in options.Clusters)
        {
            var prometheus = options.PrometheusOf(chosen)
                ?? throw new DaemonRefusedException(
                    [$"the services of {WordsOf(chosen)} are judged by what Prometheus says: name its address with --prometheus"]);
            var one = Of(options, chosen, prometheus);
            foreach (var other in found) RefuseSame(other, one);
            found.Add(one);
        }

        return found.DrainToImmutable();
    }

    private static string WordsOf(ClusterModuleOptions chosen) =>
        chosen.Name == TargetKey.DefaultTarget ? "a cluster" : $"the cluster {chosen.Name}";

    private static void RefuseSame(ClusterOptions first, ClusterOptions second)
    {
        if (first.Name == second.Name)
            throw new DaemonRefusedException(
                [$"two clusters are called {first.Name}: give each a name of its own, --kubernetes NAME=CONTEXT"]);
        if (first.Access.Server == second.Access.Server)
            throw new DaemonRefusedException(
                [$"{first.Words} and {second.Words} are one API server, {first.Access.Server}: name each cluster once"]);
        if (first.Prometheus.Address == second.Prometheus.Address && first.Prometheus.Selector == second.Prometheus.Selector)
            throw new DaemonRefusedException(
                [$"{first.Words} and {second.Words} are measured by one Prometheus, {first.Prometheus.Address}, which cannot tell their "
                    + "series apart: "
                + $"name its matchers for each, such as --cluster-prometheus-selector {second.Name}=cluster=\"{second.Name}\", or another "
                + $"address, --cluster-prometheus {second.Name}=URL"]);
    }

    private static ClusterOptions Of(DaemonOptions options, ClusterModuleOptions chosen, PrometheusOptions prometheus)
    {
        var access = chosen.Access ?? KubeConfig.Find(chosen.Kubeconfig, chosen.Context, options.Clock);
        // Where two names lead to one cluster after all, one asks for the Lease as another process would.
        var identity = options.Clusters.Length == 1 ? chosen.Identity : $"{chosen.Identity}.{chosen.Name}";
        var lease = new LeaseSettings(chosen.LeaseNamespace ?? access.Namespace ?? "default", chosen.Lease, identity)
        {
            LeaseDuration = chosen.LeaseDuration,
            RenewDeadline = chosen.LeaseDuration * 2 / 3,
            RetryPeriod = chosen.LeaseDuration * 2 / 15,
        };
        var usual = KubeClientOptions.Default;
        var half = lease.RenewDeadline / 2;
        return new ClusterOptions(access, lease, prometheus)
        {
            Name = chosen.Name,
            // A write is sent only while the leadership outlasts it: half of what a renewal gives leaves time to renew.
            // Two writes a decision: a thousand services may advance in the same seconds.
            Client = usual with { PerSecond = 500, Burst = 1000, CallTimeout = usual.CallTimeout < half ? usual.CallTimeout : half },
            Namespaces = chosen.Namespaces,
            Consul = chosen.Consul is { } consul ? new ConsulOptions { Address = consul, TokenFile = chosen.ConsulTokenFile } : null,
            WatchesSecrets = chosen.WatchesSecrets,
            HasAlertmanager = options.Alertmanager is not null,
            KeepsRecord = options.Files.IsEmpty,
        };
    }
}
