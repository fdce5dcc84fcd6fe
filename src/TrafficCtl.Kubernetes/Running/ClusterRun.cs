using System.Collections.Immutable;
using TrafficCtl.Control.Leading;
using TrafficCtl.Kubernetes.Caching;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Leading;
using TrafficCtl.Kubernetes.Mesh.Keeping;
using TrafficCtl.Kubernetes.Mesh.Ledger;

namespace TrafficCtl.Kubernetes.Running;

/// <summary>What a process that drives a cluster does all the time, and what only the holder of the Lease does.</summary>
/// <remarks>A standby watches and discovers, so that it can lead at once; it decides and writes nothing.</remarks>
public sealed class ClusterRun
{
    private readonly ClusterOptions options;
    private readonly KubeCache cache;
    private readonly ClusterDiscovery discovery;
    private readonly LeaseElection election;
    private readonly ImmutableArray<Func<CancellationToken, Task>> leading;
    private readonly IRouteMemory memory;

    /// <param name="options">The options of the cluster.</param>
    /// <param name="cache">Its informers.</param>
    /// <param name="discovery">Finds what is declared.</param>
    /// <param name="election">Tells whether this process holds the Lease.</param>
    /// <param name="memory">What the router remembers of its routes.</param>
    /// <param name="leading">What only the holder of the Lease does, each until its token ends.</param>
    internal ClusterRun(
        ClusterOptions options, KubeCache cache, ClusterDiscovery discovery, LeaseElection election, IRouteMemory memory,
        ImmutableArray<Func<CancellationToken, Task>> leading)
    {
        (this.options, this.cache, this.discovery, this.election) = (options, cache, discovery, election);
        (this.memory, this.leading) = (memory, leading);
    }

    public bool IsLeading => election.IsLeading;

    /// <summary>Declarations with problems, as discovery read them last.</summary>
    public int InvalidDeclarations => discovery.Services.Invalid;

    /// <summary>Where the Lease is, and who asks for it here.</summary>
    public LeaseSettings Lease => options.Lease;

    /// <summary>The leader, as last seen; empty when nobody does or it is not known.</summary>
    public string Leader => election.Holder;

    /// <summary>Why the Lease could not be asked for last; null when it could: then <see cref="Leader"/> is of now.</summary>
    public string? LeaseTrouble => election.Trouble;

    /// <summary>What the informers still wait for; null when they know the cluster.</summary>
    public string? NotReadyBecause
    {
        get
        {
            foreach (var kind in Needed)
                if (!cache.IsSynced(kind)) return cache.Problems is [var problem, ..] ? problem : $"{kind} were not listed yet";
            return null;
        }
    }

    /// <summary>
    /// Why the informers that the cluster is not known without have not listed yet; null when they have, or nothing failed so far.
    /// </summary>
    public string? UnreachableBecause => NotReadyBecause is not null && cache.Problems is [var problem, ..] ? problem : null;

    private ImmutableArray<KubeKind> Needed =>
        options.WatchesSecrets ? ClusterDiscovery.Needed.Add(KubeKind.Secret) : ClusterDiscovery.Needed;

    /// <summary>Watches and discovers, until stopped.</summary>
    public Task RunAsync(CancellationToken stop)
    {
        foreach (var kind in Needed.Add(KubeKind.Rollout))
        {
            // The ledgers change with every step of every service, and no service has them as its configuration.
            var labels = kind == KubeKind.ConfigMap ? $"!{KubeLedger.Label}" : null;
            if (options.Namespaces.IsEmpty) cache.Watch(kind, null, labels);
            foreach (var space in options.Namespaces) cache.Watch(kind, space, labels);
        }

        return discovery.RunAsync(stop);
    }

    /// <summary>What only the holder of the Lease does, until its term ends.</summary>
    public Task LeadAsync(CancellationToken term)
    {
        // Another process may have led since.
        memory.Forget();
        return LeaderWork.TogetherAsync(leading, term);
    }
}
