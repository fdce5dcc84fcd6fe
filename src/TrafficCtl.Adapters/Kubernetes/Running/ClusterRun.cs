using System.Collections.Immutable;
using TrafficCtl.Adapters.Kubernetes.Caching;
using TrafficCtl.Adapters.Kubernetes.Discovery;
using TrafficCtl.Adapters.Kubernetes.Leading;
using TrafficCtl.Adapters.Mesh;
using TrafficCtl.Control;

namespace TrafficCtl.Adapters.Kubernetes.Running;

/// <summary>What a controller does all the time, and what only the leader does.</summary>
/// <remarks>A standby watches and discovers, so that it can lead at once; it decides and writes nothing.</remarks>
public sealed class ClusterRun
{
    private readonly ClusterOptions options;
    private readonly KubeCache cache;
    private readonly ClusterDiscovery discovery;
    private readonly LeaseElection election;
    private readonly MeshRouter router;
    private readonly ImmutableArray<Func<CancellationToken, Task>> leading;
    private readonly TimeProvider clock;

    internal ClusterRun(
        ClusterOptions options, KubeCache cache, ClusterDiscovery discovery, LeaseElection election, MeshRouter router,
        ControlLoop loop, ImmutableArray<Func<CancellationToken, Task>> leading, TimeProvider clock)
    {
        (this.options, this.cache, this.discovery, this.election, this.router, this.clock) = (options, cache, discovery, election, router, clock);
        this.leading = [loop.RunAsync, .. leading];
    }

    public bool IsLeading => election.IsLeading;

    /// <summary>Who leads, as last seen; empty when nobody does or it is not known.</summary>
    public string Leader => election.Holder;

    /// <summary>What the informers still wait for; null when they know the cluster.</summary>
    public string? NotReadyBecause
    {
        get
        {
            foreach (var kind in ClusterDiscovery.Needed)
                if (!cache.IsSynced(kind)) return cache.Problems is [var problem, ..] ? problem : $"{kind} were not listed yet";
            return null;
        }
    }

    /// <summary>Until it is stopped: then the leader's work ends first, and the leadership is given back.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        ImmutableArray<KubeKind> more = options.WatchesSecrets ? [KubeKind.Rollout, KubeKind.Secret] : [KubeKind.Rollout];
        foreach (var kind in (ImmutableArray<KubeKind>)[.. ClusterDiscovery.Needed, .. more])
        {
            if (options.Namespaces.IsEmpty) cache.Watch(kind);
            foreach (var space in options.Namespaces) cache.Watch(kind, space);
        }

        await Task.WhenAll(discovery.RunAsync(stop), ElectAsync(stop));
    }

    private async Task ElectAsync(CancellationToken stop)
    {
        try
        {
            // A leader that does not know the cluster yet would hold up one that does.
            while (NotReadyBecause is not null) await Task.Delay(TimeSpan.FromMilliseconds(100), clock, stop);
            await election.RunAsync(LeadAsync, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // As asked.
        }
    }

    private async Task LeadAsync(CancellationToken term)
    {
        // Somebody else may have led since.
        router.Forget();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(term);
        var works = leading.Select(work => Task.Run(() => work(ending.Token), CancellationToken.None)).ToArray();
        // One that ends early has failed: others may do better.
        await Task.WhenAny(works);
        await ending.CancelAsync();
        await Task.WhenAll(works);
    }
}
