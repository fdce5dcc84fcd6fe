using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Control.Recording;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Config.Cluster;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Daemon.Telemetry;
using TrafficCtl.Kubernetes;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Leading;
using TrafficCtl.Kubernetes.Mesh.Consul;
using TrafficCtl.Kubernetes.Running;

namespace TrafficCtl.Daemon.Modules.Cluster;

/// <summary>The annotated services of a Kubernetes cluster.</summary>
/// <remarks>
/// Where no other module has a store, the cluster keeps the record and its Lease is the leadership of the process. Nothing is restored on
/// the way out: the last split is the state of record's, and stays.
/// </remarks>
internal sealed class ClusterModule : IModule
{
    private readonly DaemonOptions options;
    private readonly ClusterOptions cluster;
    private ClusterRun? run;

    private ClusterModule(DaemonOptions options, ClusterOptions cluster) => (this.options, this.cluster) = (options, cluster);

    /// <summary>The cluster, as it was found.</summary>
    public string Where => cluster.Access.From;

    /// <param name="options">With a cluster and a Prometheus.</param>
    /// <exception cref="DaemonRefusedException">No cluster was found, or what describes it cannot be used.</exception>
    public static ClusterModule Prepare(DaemonOptions options)
    {
        if (options.PrometheusOptions is null)
            throw new DaemonRefusedException(
                ["the services of a cluster are judged by what Prometheus says: name its address with --prometheus"]);
        try
        {
            return new ClusterModule(options, Find(options));
        }
        catch (Exception fault) when (IsRefusal(fault))
        {
            throw new DaemonRefusedException([fault.Message], fault);
        }
    }

    public void Add(IServiceCollection services)
    {
        services.AddSingleton<IDeliveryReader>(
            new ClusterReader(options.Scrape, Abilities.Cluster(hasAlertmanager: options.Alertmanager is not null)));
        services.AddCluster(cluster);
        services.AddSingleton<Func<ClusterSigns>>(static s => () =>
        {
            var now = s.GetRequiredService<ClusterRun>();
            return new ClusterSigns(now.IsLeading, now.InvalidDeclarations, s.GetRequiredService<PrometheusSource>().Queries);
        });
        if (!cluster.KeepsRecord) return;
        // The store of a cluster keeps no windows, so none are recorded.
        services.AddSingleton(RecordingSettings.Default with { Keep = TimeSpan.Zero });
        services.AddSingleton<Standby>(s => () => LeaderWords.Elsewhere(s.GetRequiredService<ClusterRun>(), options.Admin.Port));
        services.AddSingleton(static s => new Readiness(() => s.GetRequiredService<ClusterRun>().NotReadyBecause));
    }

    public Task BeginAsync(IServiceProvider services, CancellationToken stop)
    {
        try
        {
            run = services.GetRequiredService<ClusterRun>();
            return Task.CompletedTask;
        }
        catch (Exception fault) when (IsRefusal(fault))
        {
            throw new DaemonRefusedException([fault.Message], fault);
        }
    }

    public Task RunAsync(CancellationToken stop) => run!.RunAsync(stop);

    public void Dispose()
    {
        // The container owns what it made.
    }

    private static bool IsRefusal(Exception fault) =>
        fault is KubeException or KubeAccessException or InvalidOperationException or ArgumentException;

    private static ClusterOptions Find(DaemonOptions options)
    {
        var chosen = options.Cluster!;
        var access = chosen.Access ?? KubeConfig.Find(chosen.Kubeconfig, chosen.Context, options.Clock);
        var lease = new LeaseSettings(chosen.LeaseNamespace ?? access.Namespace ?? "default", chosen.Lease, chosen.Identity)
        {
            LeaseDuration = chosen.LeaseDuration,
            RenewDeadline = chosen.LeaseDuration * 2 / 3,
            RetryPeriod = chosen.LeaseDuration * 2 / 15,
        };
        var usual = KubeClientOptions.Default;
        var half = lease.RenewDeadline / 2;
        return new ClusterOptions(access, lease, options.PrometheusOptions!)
        {
            // A write is sent only while the leadership outlasts it: half of what a renewal gives leaves time to renew.
            // Two writes a decision: a thousand services may take a step in the same seconds.
            Client = usual with { PerSecond = 500, Burst = 1000, CallTimeout = usual.CallTimeout < half ? usual.CallTimeout : half },
            Namespaces = chosen.Namespaces,
            Consul = chosen.Consul is { } consul ? new ConsulOptions { Address = consul, TokenFile = chosen.ConsulTokenFile } : null,
            WatchesSecrets = chosen.WatchesSecrets,
            HasAlertmanager = options.Alertmanager is not null,
            KeepsRecord = options.Files.IsEmpty,
        };
    }
}
