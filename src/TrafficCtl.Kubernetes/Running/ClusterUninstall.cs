using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Kubernetes.Caching;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Leading;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Consul;
using TrafficCtl.Kubernetes.Mesh.Keeping;
using TrafficCtl.Kubernetes.Mesh.Ledger;
using TrafficCtl.Kubernetes.Storage;

namespace TrafficCtl.Kubernetes.Running;

/// <summary>
/// Releases the controller's ownership of the routes of all services that a cluster declares or that are remembered, as their leader.
/// </summary>
/// <remarks>Only routing objects are written. What managed mode made serves on; Deliveries and their status stay.</remarks>
public sealed class ClusterUninstall : IAsyncDisposable
{
    private const int Tries = 3, AtOnce = 8;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200), Again = TimeSpan.FromSeconds(2);

    private readonly UninstallOptions options;
    private readonly Action<string> tell;
    private readonly TimeProvider clock;
    private readonly KubeClient client;
    private readonly KubeCache cache;
    private readonly LeaseElection election;
    private readonly ClusterDiscovery discovery;
    private readonly KubeStore store;
    private readonly MeshRestore restore;

    /// <param name="options">What to do where.</param>
    /// <param name="reader">The reader of declarations.</param>
    /// <param name="tell">Takes what a person who waits should know, a sentence each.</param>
    /// <param name="clock">The time.</param>
    /// <param name="logs">The logs.</param>
    public ClusterUninstall(UninstallOptions options, IDeliveryReader reader, Action<string> tell, TimeProvider clock, ILoggerFactory logs)
    {
        (this.options, this.tell, this.clock) = (options, tell, clock);
        var home = options.Lease.Namespace;
        client = new KubeClient(options.Access, clock, options.Client with { Seed = options.Seed });
        cache = new KubeCache(client, clock, logs.CreateLogger<KubeCache>(), options.Seed);
        election = new LeaseElection(client, options.Lease, new Random(options.Seed), clock, logs.CreateLogger<LeaseElection>());
        var kube = new GuardedKube(client, election, options.Client.CallTimeout, clock);
        // It finds, and neither decides nor keeps notes: that is a controller's.
        discovery = new ClusterDiscovery(
            new ClusterLink(cache, kube, static () => false), reader, new Views(), new Mute(), static _ => { }, clock,
            logs.CreateLogger<ClusterDiscovery>());
        store = new KubeStore(kube, new KubeStoreSettings(home, options.Namespaces), election, clock, logs.CreateLogger<KubeStore>());
        restore = new MeshRestore(new MeshParts(
            discovery,
            new MeshHomes(
                new KubeMeshObjects(kube, null, MeshSettings.Default, clock),
                options.Consul is { } consul ? ConsulObjects.Connect(consul, election, MeshSettings.Default, clock) : null),
            new KubeLedger(kube, home, clock), null, MeshSettings.Default, clock));
    }

    /// <summary>Within the timeout; whatever was not done is among the services, or is the problem.</summary>
    public async Task<Uninstalled> RunAsync(CancellationToken stop)
    {
        using var time = new CancellationTokenSource(options.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, stop);
        var done = new ConcurrentDictionary<string, Restored>(StringComparer.Ordinal);
        var due = ImmutableArray<ClusterService>.Empty;
        var (isRead, isAllDone) = (false, false);
        try
        {
            due = await FindAsync(done, either.Token);
            isRead = true;
            if (options.IsDryRun) await RestoreAsync(due, done, either.Token);
            else await LeadAsync(token => RestoreAsync(due, done, token), either.Token);
            isAllDone = due.All(d => done.ContainsKey(d.Name));
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // What is left is reported below.
        }
        catch (KubeException fault)
        {
            return new Uninstalled(InOrder(done), $"{fault.Message}; nothing was changed");
        }

        foreach (var service in due)
            done.TryAdd(service.Name, new Restored(
                service.Name, RestoreOutcome.Failed,
                $"not reached within {DurationText.Of(options.Timeout)}: {Stay(service.Delivery)}; run this again"));
        return new Uninstalled(InOrder(done), isAllDone ? null : isRead ? NotLed() : NotRead());
    }

    public async ValueTask DisposeAsync()
    {
        discovery.Dispose();
        await cache.DisposeAsync();
        client.Dispose();
    }

    /// <summary>The services to restore; those that nothing can be done about are told in <paramref name="done"/> already.</summary>
    private async Task<ImmutableArray<ClusterService>> FindAsync(ConcurrentDictionary<string, Restored> done, CancellationToken stop)
    {
        foreach (var kind in ClusterDiscovery.Needed)
        {
            if (options.Namespaces.IsEmpty) cache.Watch(kind);
            foreach (var space in options.Namespaces) cache.Watch(kind, space);
        }

        while (!ClusterDiscovery.Needed.All(cache.IsSynced)) await Task.Delay(Look, clock, stop);
        discovery.Read();
        var due = discovery.Services.All;
        var names = due.Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var routes in (await restore.RememberedAsync(stop)).GroupBy(r => r.Service, StringComparer.Ordinal))
        {
            if (names.Contains(routes.Key) || !IsMine(routes.Key)) continue;
            var said = string.Join("; ", routes.Select(r => $"{r.Route} was last told {r.Said}, and stays as it is"));
            Leave(routes.Key, $"nothing declares it any more; {said}: see to it by hand, or declare the service again first");
        }

        foreach (var delivery in cache.All(KubeKind.Delivery).Where(d => d.MapAt("status", "record") is not null))
        {
            var name = $"{delivery.NamespaceOf()}.{delivery.MapAt("spec")?.TextAt("service") ?? delivery.NameOf()}";
            if (!names.Contains(name))
                Leave(name, "nothing declares it any more, and no route is remembered to have been written; its Delivery stays");
        }

        return due;

        void Leave(string service, string why) => done.TryAdd(service, new Restored(service, RestoreOutcome.Left, why));
    }

    private bool IsMine(string service) =>
        options.Namespaces.IsEmpty || options.Namespaces.Contains(service[..Math.Max(0, service.IndexOf('.', StringComparison.Ordinal))]);

    /// <summary>As the leader, which it remains for the Lease's duration: nobody writes back.</summary>
    private async Task LeadAsync(Func<CancellationToken, Task> work, CancellationToken stop)
    {
        if (await client.GetAsync(options.Lease.Lease, stop) is { } live
            && !LeaseObject.IsOver(live)
            && LeaseObject.Holder(live) is { Length: > 0 } holder)
            tell($"{holder} is the leader: the leadership is taken from it, and it has {DurationText.Of(LeaseObject.Duration(live))} to "
                + "stop");
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Exception? failed = null;
        await election.RunAsync(
            async term =>
            {
                try
                {
                    await work(term);
                }
                catch (Exception fault)
                {
                    if (fault is not OperationCanceledException) failed = fault;
                }
                finally
                {
                    await ended.CancelAsync();
                }
            },
            ended.Token);
        if (failed is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failed);
    }

    private Task RestoreAsync(ImmutableArray<ClusterService> due, ConcurrentDictionary<string, Restored> done, CancellationToken stop) =>
        Parallel.ForEachAsync(due, new ParallelOptions
        {
            MaxDegreeOfParallelism = AtOnce,
            CancellationToken = stop,
        }, async (service, within) =>
        {
            for (var tries = 1; ; tries++)
            {
                var restored = await OneAsync(service, within);
                if (restored.Outcome == RestoreOutcome.Failed && tries < Tries && !options.IsDryRun)
                {
                    await Task.Delay(Again, clock, within);
                    continue;
                }

                done[service.Name] = service.Delivery.IsManaged
                    ? restored with { Words = $"{restored.Words}; the stable copy that managed mode made serves on and stays" }
                    : restored;
                return;
            }
        });

    private async ValueTask<Restored> OneAsync(ClusterService service, CancellationToken stop)
    {
        try
        {
            if (await store.LoadAsync(service.Key, stop) is not { } record)
                return new Restored(service.Name, RestoreOutcome.Left, "no decision was ever made for it, so nothing was written");
            if (service.Spec is null && record.Active is null)
                return new Restored(
                    service.Name, RestoreOutcome.Left, $"nothing runs behind it, and no rollout is under way: {Stay(service.Delivery)}");
            return service.Spec is null
                ? new Restored(service.Name, RestoreOutcome.Failed, $"nothing runs behind it that could take the traffic, so "
                    + $"{Stay(service.Delivery)}; run {record.LastGood} again, and then this")
                : await restore.RestoreAsync(service.Name, record.LastGood, options.IsDryRun, stop);
        }
        catch (StoreUnavailableException fault)
        {
            return new Restored(
                service.Name, RestoreOutcome.Failed, $"what is good of it cannot be read, so {Stay(service.Delivery)}: {fault.Message}");
        }
    }

    private static string Stay(ClusterDelivery delivery) =>
        delivery.Also.IsEmpty ? $"{delivery.Route} stays as it is" : $"{delivery.RoutesText} stay as they are";

    private string NotRead() => cache.Problems is [var problem, ..]
        ? $"the cluster could not be read within {DurationText.Of(options.Timeout)}, so nothing was changed: {problem}"
        : $"the cluster could not be read within {DurationText.Of(options.Timeout)}, so nothing was changed; give it a longer --timeout";

    private string NotLed() => election.Trouble is { } trouble
        ? $"not all was done within {DurationText.Of(options.Timeout)}: {trouble}"
        : $"not all was done within {DurationText.Of(options.Timeout)}: {(election.Holder.Length > 0 ? election.Holder : "nobody")} holds "
            + $"the Lease {options.Lease.Lease}; scale the controller to 0 and run this again";

    private static ImmutableArray<Restored> InOrder(ConcurrentDictionary<string, Restored> done) =>
        [.. done.Values.OrderBy(d => d.Service, StringComparer.Ordinal)];

    private sealed class Mute : IEventRecorder
    {
        public void Record(ObjectEvent told)
        {
            // A remark on a declaration is the controller's to make.
        }
    }
}

/// <param name="Services">What became of each, in the order of names.</param>
/// <param name="Problem">Why not all was done; null when it was looked at all, whatever came of it.</param>
public sealed record Uninstalled(ImmutableArray<Restored> Services, string? Problem)
{
    /// <summary>Something is left to be done.</summary>
    public bool IsFailed => Problem is not null || Services.Any(s => s.Outcome == RestoreOutcome.Failed);
}
