using System.Collections.Frozen;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>Finds the services that the cluster declares and what runs behind them, and keeps the control loop told.</summary>
/// <remarks>
/// By watch: changes are gathered for a moment and read in one pass over what the informers hold, where objects that did not
/// change cost nothing. A declaration with problems changes nothing: the last valid one stays, also over a restart.
/// </remarks>
public sealed partial class ClusterDiscovery : IClusterTargets, IDisposable
{
    /// <summary>One pass for all that changes within it.</summary>
    public static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// After a pass at most; as a rule five times what it took, so that a cluster in which something always changes does not take a whole
    /// processor.
    /// </summary>
    private static readonly TimeSpan MostRest = TimeSpan.FromSeconds(2);

    /// <summary>A pass without a change: a version that became good since holds its slot from now on.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    /// <summary>What must be watched. Secrets are waited for and read where they are watched too.</summary>
    public static readonly ImmutableArray<KubeKind> Needed =
    [
        KubeKind.Service, KubeKind.Deployment, KubeKind.DaemonSet, KubeKind.EndpointSlice, KubeKind.ConfigMap, KubeKind.Delivery,
    ];

    private readonly ClusterLink cluster;
    private readonly Action<ImmutableArray<ServiceSpec>> set;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly DeliveryNotes notes;
    private readonly Departures departures;
    private readonly DiscoveryPass pass;
    private readonly Waker waker;

    private IReadOnlyDictionary<string, KnownService> known = ImmutableDictionary<string, KnownService>.Empty;
    private volatile Found found = Found.Nothing;

    /// <param name="cluster">What is read, and where notes are kept.</param>
    /// <param name="reader">The reader of declarations.</param>
    /// <param name="views">The engine's word on what serves.</param>
    /// <param name="recorder">The recorder of what is wrong.</param>
    /// <param name="set">
    /// Takes all services whenever one of them changed, such as <see cref="Control.Looping.ControlLoop.SetServices"/>.
    /// </param>
    /// <param name="clock">The time.</param>
    /// <param name="log">The log.</param>
    public ClusterDiscovery(
        ClusterLink cluster, IDeliveryReader reader, Views views, IEventRecorder recorder, Action<ImmutableArray<ServiceSpec>> set,
        TimeProvider clock, ILogger<ClusterDiscovery> log)
    {
        (this.cluster, this.set, this.clock, this.log) = (cluster, set, clock, log);
        (notes, departures, waker) = (
            new DeliveryNotes(cluster.View, cluster.Kube), new Departures(clock, cluster.IsLeader), new Waker(clock));
        pass = new DiscoveryPass(cluster, reader, notes, views, new DiscoveryReports(recorder, cluster.IsLeader, log), departures);
        cluster.View.Changed += Wake;
    }

    public ClusterTarget? Find(string service) => found.Targets.GetValueOrDefault(service)?.Cluster;

    public ImmutableArray<Cohort> CohortsOf(string service) => found.Targets.GetValueOrDefault(service)?.Cohorts ?? [];

    public int? EndpointsOf(string @namespace, string service) => found.Inventory?.Ready(@namespace, service);

    public async ValueTask<int?> EndpointsNowAsync(string @namespace, string service, CancellationToken stop)
    {
        var slices = await cluster.Kube.ListAsync(KubeKind.EndpointSlice, @namespace, $"{SeenSlice.OfService}={service}", stop);
        return Inventory.ReadyIn(slices.Items, service);
    }

    /// <summary>What was found last, with the declarations: for wishes, events and managed mode.</summary>
    public ClusterServices Services => found.Services;

    /// <summary>What was handled of wishes.</summary>
    public INonceBook Nonces => notes;

    /// <summary>Passes until it is stopped. The first one waits until the informers know everything.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var took = TimeSpan.Zero;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (await waker.WaitAsync(Longest, stop)) await Task.Delay(Pause(took), clock, stop);
                if (IsKnown)
                {
                    var began = clock.GetTimestamp();
                    Read();
                    took = clock.GetElapsedTime(began);
                    await KeepAsync(stop);
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception fault)
            {
                // The services found last stay; whatever it was, the next change is read again.
                Failed(log, fault);
            }
        }
    }

    /// <summary>A service that is <see cref="Departure.Over"/> is forgotten with the next pass: its route is released.</summary>
    public void LetGo(string service)
    {
        departures.LetGo(service);
        waker.Wake();
    }

    /// <summary>The version that the store keeps as the last good one; null before a birth.</summary>
    public string? LastGood(string service) => notes.LastGood(service);

    public void Dispose()
    {
        cluster.View.Changed -= Wake;
        waker.Dispose();
    }

    /// <summary>One pass over what the informers hold.</summary>
    internal void Read()
    {
        (known, var findings) = pass.Run(known);
        var services = new ClusterServices(findings.Services.ToImmutable(), findings.States.ToImmutable());
        var (all, over) = findings.Specs();
        var before = found;
        var isSame = before.Inventory is not null && IsSame(all, before.All) && IsSame(over, before.Over);
        var targets = isSame ? before.Targets : all.AddRange(over).ToFrozenDictionary(s => s.Service, StringComparer.Ordinal);
        found = new Found(findings.Inventory, services, targets, all, over);
        if (!isSame) set(all);
    }

    /// <summary>Notes that changed, one service after the other; what cannot be kept now is retried after the next change.</summary>
    internal async Task KeepAsync(CancellationToken stop)
    {
        var kept = new Dictionary<string, KnownService>(known, StringComparer.Ordinal);
        try
        {
            foreach (var one in known.Values)
            {
                if (!cluster.IsLeader()) return;
                var uid = notes.Uid(one.Name);
                if (one.Notes == one.Kept && one.KeptIn == uid) continue;
                try
                {
                    if (await notes.WriteAsync(one.Name, one.Notes, stop)) kept[one.Name] = one with { Kept = one.Notes, KeptIn = uid };
                }
                catch (KubeException fault)
                {
                    NotKept(log, one.Name, fault.Message);
                    if (!fault.IsOfOne) return;
                }
            }
        }
        finally
        {
            known = kept;
        }
    }

    /// <summary>Templates hashed since the start.</summary>
    internal long Hashed => pass.Hashed;

    /// <summary>
    /// Before all was listed once, what is missing is not heard of yet: a version that was not there would be taken back.
    /// </summary>
    private bool IsKnown =>
        Needed.All(cluster.View.IsSynced) && (!cluster.View.IsWatched(KubeKind.Secret) || cluster.View.IsSynced(KubeKind.Secret));

    private static TimeSpan Pause(TimeSpan took) => TimeSpan.FromTicks(Math.Clamp(took.Ticks * 5, Gather.Ticks, MostRest.Ticks));

    private void Wake(KubeKind kind)
    {
        if (kind == KubeKind.Secret || Needed.Contains(kind)) waker.Wake();
    }

    private static bool IsSame(ImmutableArray<ServiceSpec> a, ImmutableArray<ServiceSpec> b) =>
        a.Length == b.Length && a.Zip(b).All(p => ReferenceEquals(p.First, p.Second));

    /// <summary>After one pass; read from any thread.</summary>
    /// <param name="Inventory">Null before the first.</param>
    /// <param name="Targets">By service, of <paramref name="All"/> and <paramref name="Over"/>.</param>
    /// <param name="All">What is controlled.</param>
    /// <param name="Over">What only the route of is to be released.</param>
    private sealed record Found(
        Inventory? Inventory, ClusterServices Services, FrozenDictionary<string, ServiceSpec> Targets,
        ImmutableArray<ServiceSpec> All, ImmutableArray<ServiceSpec> Over)
    {
        public static readonly Found Nothing = new(null, ClusterServices.None, FrozenDictionary<string, ServiceSpec>.Empty, [], []);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Discovery failed; the services found before stay")]
    private static partial void Failed(ILogger log, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What discovery knows of {Service} could not be kept: {Why}")]
    private static partial void NotKept(ILogger log, string service, string why);
}
