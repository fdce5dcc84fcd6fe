using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Managed;

/// <summary>
/// Deletes what the controller made for services whose root Service is gone for good: first the route is released, and nothing goes that
/// a route or a Service of the user still sends requests to.
/// </summary>
/// <remarks>
/// What was made has no owner that a user deletes, so it is found by its labels: also where neither a declaration nor a Delivery is left.
/// Nothing has a finalizer: where no controller runs it stays, and a namespace that is deleted never waits.
/// </remarks>
public sealed partial class Clearing : IDisposable
{
    /// <summary>A pass at least so often.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly ClusterLink cluster;
    private readonly ClusterDiscovery discovery;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly ClearingReports reports;
    private readonly RouteReleases releases;
    private readonly Remains remains;
    private readonly Waker waker;

    /// <summary>Since when a root Service is missed, by the engine's name.</summary>
    private ImmutableDictionary<string, long> missing = ImmutableDictionary<string, long>.Empty;

    /// <param name="cluster">Where objects are deleted.</param>
    /// <param name="discovery">Finds the services whose root Service was deleted.</param>
    /// <param name="release">Releases the ownership of a service's route; why it cannot, or null when it is done.</param>
    /// <param name="namespaces">That the controller serves; empty for all.</param>
    /// <param name="recorder">Reports what is deleted, and what cannot be.</param>
    /// <param name="clock">The time.</param>
    /// <param name="log">The log.</param>
    public Clearing(
        ClusterLink cluster, ClusterDiscovery discovery, Func<string, CancellationToken, ValueTask<string?>> release,
        ImmutableArray<string> namespaces, IEventRecorder recorder, TimeProvider clock, ILogger<Clearing> log)
    {
        (this.cluster, this.discovery, this.clock, this.log, waker) = (cluster, discovery, clock, log, new Waker(clock));
        reports = new ClearingReports(cluster.View, recorder, log);
        releases = new RouteReleases(release, clock, reports);
        remains = new Remains(cluster, new RouteUses(cluster.Kube, namespaces), reports);
        cluster.View.Changed += Wake;
    }

    /// <summary>Passes until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        // Another may have led since: how long a Service has been away is not known.
        missing = ImmutableDictionary<string, long>.Empty;
        releases.Forget();
        reports.Forget();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (await waker.WaitAsync(Longest, stop)) await Task.Delay(ManagedMode.Gather, clock, stop);
                if (cluster.IsLeader()) await DoAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception fault)
            {
                Failed(log, fault);
            }
        }
    }

    public void Dispose()
    {
        cluster.View.Changed -= Wake;
        waker.Dispose();
    }

    /// <summary>One pass.</summary>
    internal async Task DoAsync(CancellationToken stop)
    {
        if (!cluster.View.IsSynced(KubeKind.Service) || !cluster.View.IsSynced(KubeKind.Deployment)) return;
        var made = MadeObject.All(cluster.View);
        foreach (var thing in made.Where(m => OwnObjects.HasServiceAsOwner(m.Object))) await remains.DisownAsync(thing, stop);
        var services = discovery.Services;
        // Before the first pass it is unknown what is declared.
        if (ReferenceEquals(services, ClusterServices.None)) return;
        foreach (var service in services.All)
            if (await releases.ReleaseAsync(service, stop)) discovery.LetGo(service.Name);
        var held = services.All.Where(releases.Holds).Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
        var orphans = made.GroupBy(m => m.Root).Where(g => g.Key.Name.Length > 0 && cluster.View.Get(g.Key) is null).ToArray();
        var now = clock.GetTimestamp();
        var before = missing;
        missing = orphans.ToImmutableDictionary(o => NameOf(o.Key), o => before.GetValueOrDefault(NameOf(o.Key), now));
        foreach (var back in before.Keys.Where(k => !missing.ContainsKey(k))) reports.Forget(back);
        foreach (var orphan in orphans)
        {
            var name = NameOf(orphan.Key);
            var gone = clock.GetElapsedTime(missing[name]);
            if (!held.Contains(name) && gone >= Departures.Grace) await ClearAsync(orphan.Key, [.. orphan], gone, stop);
        }
    }

    private async ValueTask ClearAsync(KubeName root, ImmutableArray<MadeObject> made, TimeSpan gone, CancellationToken stop)
    {
        try
        {
            await remains.ClearAsync(root, made, gone, stop);
        }
        catch (KubeException fault)
        {
            // What was deleted is seen in the next pass, and the rest is deleted then.
            reports.NotCleared(NameOf(root), fault.Message);
            if (fault.Reason != KubeException.NotLeading && !fault.IsConflict) reports.Tell(root, "ClearingFailed", fault.Message);
        }
    }

    private static string NameOf(KubeName root) => $"{root.Namespace}.{root.Name}";

    private void Wake(KubeKind kind)
    {
        if (kind == KubeKind.Service || kind == KubeKind.Deployment) waker.Wake();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Deleting what is no longer needed failed; it is retried")]
    private static partial void Failed(ILogger log, Exception fault);
}
