using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Targets;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Caching;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Events;
using TrafficCtl.Kubernetes.Reviews;

namespace TrafficCtl.Kubernetes.Running;

/// <summary>A cluster that the process drives services of, with all that is its own.</summary>
public sealed class DrivenCluster : IAsyncDisposable
{
    private readonly ServiceProvider services;

    internal DrivenCluster(ClusterOptions options, IServiceProvider process, IDeliveryReader reader, ClusterClaims claims)
    {
        Options = options;
        services = new ServiceCollection().AddCluster(options, process, reader, claims).BuildServiceProvider();
    }

    public ClusterOptions Options { get; }

    public ClusterRun Run => services.GetRequiredService<ClusterRun>();

    /// <summary>To its Prometheus, since this process started.</summary>
    public long Queries => services.GetRequiredService<PrometheusSource>().Queries;

    /// <summary>Why its services are not driven here; null when they are.</summary>
    public string? NotDrivenBecause => Declarations.NotDrivenBecause;

    /// <summary>Asks its API server about callers, whether this process leads or not.</summary>
    /// <param name="audience">Whom their tokens must be for; null for the API server.</param>
    public KubeReviews ReviewsFor(string? audience) =>
        new(services.GetRequiredKeyedService<KubeClient>(ClusterComposition.Reviewing), audience);

    /// <summary>The leadership of its Lease.</summary>
    internal ILeadership Leadership => services.GetRequiredService<ClusterLeadership>();

    /// <summary>The record in its custom resources.</summary>
    internal IStore Store => services.GetRequiredService<IStore>();

    private FormerRecords? Former =>
        Options.Name == TargetKey.DefaultTarget ? null : services.GetRequiredService<FormerRecords>();

    private ClusterDeclarations Declarations => services.GetRequiredService<ClusterDeclarations>();

    /// <summary>The driver of a target of this cluster; null of another target.</summary>
    internal TargetDriver? DriverOf(ServiceSpec service) =>
        IsMine(service) ? services.GetRequiredService<TargetDriver>() : null;

    /// <summary>Watches and discovers, and says why nothing is driven where that is so, until stopped.</summary>
    public Task RunAsync(CancellationToken stop) =>
        Options.KeepsRecord ? Run.RunAsync(stop) : Task.WhenAll(Run.RunAsync(stop), Declarations.SayAsync(Former, stop));

    /// <summary>In a process that has a store and a leadership of its own: drives the services while it holds the Lease.</summary>
    internal Task DriveAsync(CancellationToken term) => Leadership.RunAsync(Run.LeadAsync, term);

    /// <summary>What the store of the process saves of this cluster's targets is recorded on the cluster too.</summary>
    internal IStore Recording(IStore store, Views views) => new EventRecordingStore(
        store, services.GetRequiredService<KubeCache>(), services.GetRequiredService<IEventRecorder>(),
        key => views.Find(key) is { } view && IsMine(view.Spec));

    public ValueTask DisposeAsync() => services.DisposeAsync();

    private bool IsMine(ServiceSpec service) => service.Target is ClusterTarget && service.TargetName == Options.Name;
}
