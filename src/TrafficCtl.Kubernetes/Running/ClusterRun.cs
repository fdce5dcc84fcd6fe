using System.Collections.Immutable;
using TrafficCtl.Control.Looping;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Kubernetes.Caching;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Leading;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Keeping;
using TrafficCtl.Kubernetes.Mesh.Ledger;

namespace TrafficCtl.Kubernetes.Running;

/// <summary>What a controller does all the time, and what only the leader does.</summary>
/// <remarks>A standby watches and discovers, so that it can lead at once; it decides and writes nothing.</remarks>
public sealed class ClusterRun
{
    /// <summary>A round is due each second, and each service's faults make it pause for 30 s at most.</summary>
    public static readonly TimeSpan LongestRound = TimeSpan.FromSeconds(60);

    private readonly ClusterOptions options;
    private readonly KubeCache cache;
    private readonly ClusterDiscovery discovery;
    private readonly LeaseElection election;
    private readonly MeshRouter router;
    private readonly Views views;
    private readonly ImmutableArray<Func<CancellationToken, Task>> leading;
    private readonly ControlLoop loop;
    private readonly TimeProvider clock;
    private volatile Reign? reign;

    internal ClusterRun(
        ClusterOptions options, KubeCache cache, ClusterDiscovery discovery, LeaseElection election, MeshRouter router,
        ControlLoop loop, Views views, ImmutableArray<Func<CancellationToken, Task>> leading, TimeProvider clock)
    {
        (this.options, this.cache, this.discovery, this.election, this.router) = (options, cache, discovery, election, router);
        (this.loop, this.views, this.clock) = (loop, views, clock);
        this.leading = [loop.RunAsync, .. leading];
    }

    public bool IsLeading => election.IsLeading;

    /// <summary>Why the leader's work must be begun anew by a new process: no round has ended for long although services are there. Null when all is well, and on a standby.</summary>
    public string? SickBecause
    {
        get
        {
            if (reign is not { } now) return null;
            var (led, silent) = (clock.GetElapsedTime(now.Began), loop.SinceRound);
            var time = led < silent ? led : silent;
            return time > LongestRound ? $"it leads, and no round has ended for {DurationText.Elapsed(time)}" : null;
        }
    }

    /// <summary>Declarations with problems, as discovery read them last.</summary>
    public int InvalidDeclarations => discovery.Services.Invalid;

    /// <summary>Where the Lease is, and who asks for it here.</summary>
    public LeaseSettings Lease => options.Lease;

    /// <summary>Who leads, as last seen; empty when nobody does or it is not known.</summary>
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

    private ImmutableArray<KubeKind> Needed => options.WatchesSecrets ? ClusterDiscovery.Needed.Add(KubeKind.Secret) : ClusterDiscovery.Needed;

    /// <summary>Until it is stopped: then the leader's work ends first, and the leadership is given back.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        foreach (var kind in Needed.Add(KubeKind.Rollout))
        {
            // The ledgers change with every step of every service, and no service has them as its configuration.
            var labels = kind == KubeKind.ConfigMap ? $"!{KubeLedger.Label}" : null;
            if (options.Namespaces.IsEmpty) cache.Watch(kind, null, labels);
            foreach (var space in options.Namespaces) cache.Watch(kind, space, labels);
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
        reign = new Reign(clock.GetTimestamp());
        try
        {
            await WorkAsync(term);
        }
        finally
        {
            reign = null;
        }
    }

    private async Task WorkAsync(CancellationToken term)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(term);
        var works = leading.Select(work => Task.Run(() => work(ending.Token), CancellationToken.None)).ToArray();
        try
        {
            // One that ends early has failed: others may do better.
            await Task.WhenAny(works);
            await ending.CancelAsync();
            await Task.WhenAll(works);
        }
        finally
        {
            // Discovery and managed mode would take them for the record of today.
            views.Forget();
        }
    }

    /// <summary>From the timestamp at which the leader's work began until all of it has ended.</summary>
    private sealed record Reign(long Began);
}
