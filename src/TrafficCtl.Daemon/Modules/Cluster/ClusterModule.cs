using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Control.Recording;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Access.Cluster;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Config.Cluster;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Daemon.Telemetry;
using TrafficCtl.Kubernetes;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.Kubernetes.Running;

namespace TrafficCtl.Daemon.Modules.Cluster;

/// <summary>The annotated services of Kubernetes clusters.</summary>
/// <remarks>
/// Where no other module has a store, the one cluster keeps the record and its Lease is the leadership of the process. Nothing is restored
/// on the way out: the last split is the state of record's, and stays.
/// </remarks>
internal sealed class ClusterModule : IModule
{
    private readonly DaemonOptions options;
    private readonly ImmutableArray<ClusterOptions> clusters;
    private ImmutableArray<DrivenCluster> driven = [];

    private ClusterModule(DaemonOptions options, ImmutableArray<ClusterOptions> clusters) =>
        (this.options, this.clusters) = (options, clusters);

    /// <summary>The clusters, as they were found.</summary>
    public ImmutableArray<ClusterOptions> Found => clusters;

    /// <param name="options">With clusters, and a Prometheus for each.</param>
    /// <exception cref="DaemonRefusedException">A cluster was not found, or what describes it cannot be used.</exception>
    public static ClusterModule Prepare(DaemonOptions options)
    {
        try
        {
            return new ClusterModule(options, ClusterFinding.Find(options));
        }
        catch (Exception fault) when (IsRefusal(fault))
        {
            throw new DaemonRefusedException([fault.Message], fault);
        }
    }

    public void Add(IServiceCollection services)
    {
        var abilities = Abilities.Cluster(hasAlertmanager: options.Alertmanager is not null);
        services.AddClusters(clusters, cluster => new ClusterReader(options.Scrape, abilities, cluster.Name));
        if (options.ReviewsTokens) services.AddSingleton<IBearer>(BearerOf);
        services.AddSingleton<Func<ClusterSigns>>(static s => () => SignsOf(s.GetRequiredService<DrivenClusters>().All));
        if (!clusters[0].KeepsRecord)
        {
            services.AddSingleton<ClusterNotes>(static s => () =>
                [.. s.GetRequiredService<DrivenClusters>().All.Select(static c => c.NotDrivenBecause).OfType<string>()]);
            return;
        }

        // The store of a cluster keeps no windows, so none are recorded.
        services.AddSingleton(RecordingSettings.Default with { Keep = TimeSpan.Zero });
        services.AddSingleton<Standby>(
            s => () => LeaderWords.Elsewhere(s.GetRequiredService<DrivenClusters>().All[0].Run, options.Admin.Port));
        services.AddSingleton(static s => new Readiness(() => s.GetRequiredService<DrivenClusters>().All[0].Run.NotReadyBecause));
    }

    public Task BeginAsync(IServiceProvider services, CancellationToken stop)
    {
        try
        {
            driven = services.GetRequiredService<DrivenClusters>().All;
            foreach (var cluster in driven) _ = cluster.Run;
            return Task.CompletedTask;
        }
        catch (Exception fault) when (IsRefusal(fault))
        {
            throw new DaemonRefusedException([fault.Message], fault);
        }
    }

    public Task RunAsync(CancellationToken stop) => Task.WhenAll(driven.Select(cluster => cluster.RunAsync(stop)));

    public void Dispose()
    {
        // The container owns what it made.
    }

    private KubeBearer BearerOf(IServiceProvider services)
    {
        // The clusters are made when they begin; the bearer is there before.
        var reviewing = new Lazy<ImmutableArray<ReviewingCluster>>(() =>
        [
            .. services.GetRequiredService<DrivenClusters>().All
                .Select(cluster => new ReviewingCluster(cluster.Options.Name, cluster.ReviewsFor(options.TokenAudience))),
        ]);
        return new KubeBearer(() => reviewing.Value, services.GetRequiredService<Views>(), services.GetRequiredService<TimeProvider>());
    }

    private static bool IsRefusal(Exception fault) =>
        fault is KubeException or KubeAccessException or InvalidOperationException or ArgumentException;

    private static ClusterSigns SignsOf(ImmutableArray<DrivenCluster> clusters) => new(
        clusters.All(static c => c.Run.IsLeading), clusters.Sum(static c => c.Run.InvalidDeclarations), clusters.Sum(static c => c.Queries))
    {
        Named = clusters.Length == 1 ? [] : [.. clusters.Select(static c => (c.Options.Name, c.Run.IsLeading))],
    };
}
