using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Rollouts;
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

    /// <summary>After a pass at most; as a rule five times what it took, so that a cluster in which something always changes does not take a whole processor.</summary>
    private static readonly TimeSpan MostRest = TimeSpan.FromSeconds(2);

    /// <summary>A pass without a change: a version that became good since holds its slot from now on.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    /// <summary>What must be watched. Secrets are waited for and read where they are watched too.</summary>
    public static readonly ImmutableArray<KubeKind> Needed =
    [
        KubeKind.Service, KubeKind.Deployment, KubeKind.DaemonSet, KubeKind.EndpointSlice, KubeKind.ConfigMap, KubeKind.Delivery,
    ];

    private readonly IKubeView view;
    private readonly IKube kube;
    private readonly IDeliveryReader reader;
    private readonly DeliveryNotes notes;
    private readonly Views views;
    private readonly ITeller teller;
    private readonly Func<bool> leads;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly Action<ImmutableArray<ServiceSpec>> set;

    private readonly Inventory.Memory memory = new();
    private readonly SlotReader slots = new();
    private readonly Dictionary<string, KnownService> known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> rolloutNames = new(StringComparer.Ordinal);
    private readonly Waker waker;
    private volatile FrozenDictionary<string, ServiceSpec> targets = FrozenDictionary<string, ServiceSpec>.Empty;
    private volatile ClusterServices services = ClusterServices.None;
    private volatile Inventory? newest;
    private readonly Departures departures;
    private readonly ConcurrentDictionary<string, bool> letGo = new(StringComparer.Ordinal);
    private ImmutableArray<ServiceSpec> given, kept = [];
    private bool isFirst = true;

    /// <param name="view">What the informers hold.</param>
    /// <param name="kube">Where notes are kept.</param>
    /// <param name="reader">Of declarations.</param>
    /// <param name="views">The engine's word on what serves.</param>
    /// <param name="teller">Of what is wrong.</param>
    /// <param name="leads">This process may write.</param>
    /// <param name="set">Takes all services whenever one of them changed, such as <see cref="ControlLoop.SetServices"/>.</param>
    /// <param name="clock">The time.</param>
    /// <param name="log">The log.</param>
    public ClusterDiscovery(
        IKubeView view, IKube kube, IDeliveryReader reader, Views views, ITeller teller, Func<bool> leads,
        Action<ImmutableArray<ServiceSpec>> set, TimeProvider clock, ILogger<ClusterDiscovery> log)
    {
        (this.view, this.kube, this.reader, this.views, this.teller, this.leads) = (view, kube, reader, views, teller, leads);
        (this.set, this.clock, this.log) = (set, clock, log);
        (notes, waker, departures) = (new DeliveryNotes(view, kube), new Waker(clock), new Departures(clock, leads));
        view.Changed += Wake;
    }

    public ClusterTarget? Find(string service) => targets.GetValueOrDefault(service)?.Cluster;

    public ImmutableArray<Cohort> CohortsOf(string service) => targets.GetValueOrDefault(service)?.Cohorts ?? [];

    public int? EndpointsOf(string @namespace, string service) => newest?.Ready(@namespace, service);

    public async ValueTask<int?> EndpointsNowAsync(string @namespace, string service, CancellationToken stop) =>
        Inventory.ReadyIn((await kube.ListAsync(KubeKind.EndpointSlice, @namespace, $"{SeenSlice.OfService}={service}", stop)).Items, service);

    /// <summary>What was found last, with the declarations: for wishes, events and managed mode.</summary>
    public ClusterServices Services => services;

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
        letGo[service] = true;
        waker.Wake();
    }

    /// <summary>The version that the store keeps as the last good one; null before a birth.</summary>
    public string? LastGood(string service) => notes.LastGood(service);

    public void Dispose()
    {
        view.Changed -= Wake;
        waker.Dispose();
    }

    /// <summary>Before all was listed once, what is missing is not heard of yet: a version that was not there would be taken back.</summary>
    private bool IsKnown => Needed.All(view.IsSynced) && (!view.IsWatched(KubeKind.Secret) || view.IsSynced(KubeKind.Secret));

    /// <summary>One pass over what the informers hold.</summary>
    internal void Read()
    {
        if (!leads()) notes.Forget();
        var inventory = newest = new Inventory(view, memory);
        var declarations = Declarations.Of(view);
        var found = ImmutableArray.CreateBuilder<ClusterService>(declarations.Length);
        var names = new HashSet<string>(StringComparer.Ordinal);
        rolloutNames.Clear();
        var declared = ImmutableArray.CreateBuilder<DeclaredState>(declarations.Length);
        foreach (var declaration in declarations)
        {
            var name = declaration.Declared.FullName;
            names.Add(name);
            if (!known.TryGetValue(name, out var one)) known[name] = one = new KnownService(name, notes.Read(name), notes.Uid(name));
            else if (!leads()) one.Notes = one.Kept = notes.Read(name);
            var remarks = ImmutableArray.CreateBuilder<(KubeOrigin About, Remark Remark)>();
            remarks.AddRange(declaration.Remarks);
            Understand(one, declaration, remarks);
            Read(one, declaration.Declared, inventory, remarks, found, declared);
        }

        foreach (var one in Departing(names, inventory).ToArray())
        {
            names.Add(one.Name);
            Read(one, Declared(one), inventory, ImmutableArray.CreateBuilder<(KubeOrigin, Remark)>(), found, declared);
        }

        foreach (var gone in known.Keys.Where(k => !names.Contains(k)).ToArray())
        {
            // What is to be forgotten is so after a restart, too.
            if (letGo.ContainsKey(gone) && leads() && known[gone].Notes != known[gone].Kept && notes.Uid(gone) is not null) continue;
            Leave(known[gone]);
            views.Remark(KeyOf(known[gone]), []);
            known.Remove(gone);
            letGo.TryRemove(gone, out _);
        }

        slots.Forget(service => !names.Contains(service));
        services = new ClusterServices(found.ToImmutable(), declared.ToImmutable());
        Give(
            [.. found.Where(f => f.Departure != Departure.Over).Select(f => f.Spec).OfType<ServiceSpec>()],
            [.. found.Where(f => f.Departure == Departure.Over).Select(f => f.Spec).OfType<ServiceSpec>()]);
    }

    /// <summary>What is known of one service now, whether it is declared or its root Service was deleted.</summary>
    private void Read(
        KnownService one, DeclaredService declared, Inventory inventory, ImmutableArray<(KubeOrigin About, Remark Remark)>.Builder remarks,
        ImmutableArray<ClusterService>.Builder found, ImmutableArray<DeclaredState>.Builder states)
    {
        if (one.Delivery is { } delivery)
        {
            Depart(one, delivery, declared, inventory);
            var spec = Resolve(one, delivery, declared.Origin, inventory, remarks);
            found.Add(new ClusterService(spec, delivery, declared.Origin) { Departure = one.Departure });
        }

        if (one.Reading is { IsOff: false } read)
            states.Add(StateOf(one, declared, read, remarks) with { Leaving = LeavingOf(one) });
        Tell(one, remarks);
        views.Remark(
            KeyOf(one),
            [.. WordsOf(one.Reading!.Problems), .. remarks.Select(r => r.Remark.Text).Except(one.Reading.Problems, StringComparer.Ordinal),
             .. LeavingOf(one) is { } leaving ? [leaving] : ImmutableArray<string>.Empty]);
    }

    private static DeclaredState StateOf(
        KnownService one, DeclaredService declared, ReadDelivery read, ImmutableArray<(KubeOrigin, Remark Remark)>.Builder remarks)
    {
        var wrong = remarks.Select(r => r.Remark).Where(r => r.Reason is Remark.NoEndpoints or Remark.ChangedInPlace)
            .OrderByDescending(r => r.Reason == Remark.NoEndpoints).FirstOrDefault();
        return new DeclaredState(declared.Namespace, declared.Service, declared.Origin, read.Problems)
        {
            IsServed = one.Spec is not null && one.Notes.HeldVersion is not null,
            NotServing = wrong is null ? null : (wrong.Reason, wrong.Text),
        };
    }

    /// <summary>Templates hashed since the start.</summary>
    internal long Hashed => memory.Hashed;

    private static TimeSpan Pause(TimeSpan took) => TimeSpan.FromTicks(Math.Clamp(took.Ticks * 5, Gather.Ticks, MostRest.Ticks));

    private void Wake(KubeKind kind)
    {
        if (kind == KubeKind.Secret || Needed.Contains(kind)) waker.Wake();
    }

    /// <summary>The declaration, or the last valid one; none for a service that is switched off.</summary>
    private void Understand(KnownService one, Declarations.Found declaration, ImmutableArray<(KubeOrigin, Remark)>.Builder remarks)
    {
        var origin = declaration.Declared.Origin;
        var reading = one.Understand(declaration, reader, Leave);
        foreach (var warning in reading.Warnings) remarks.Add((origin, new Remark(reading.IsOff ? "NothingDone" : "Doubtful", warning)));
        foreach (var problem in reading.Problems) remarks.Add((origin, new Remark("InvalidDelivery", problem)));
    }

    /// <summary>All problems are one warning: its events tell each.</summary>
    private static ImmutableArray<string> WordsOf(ImmutableArray<string> problems) => problems switch
    {
        [] => [],
        [var only] => [$"its declaration was changed and refused; the last valid one stays in force. {only}"],
        _ => [$"its declaration was changed and refused for {problems.Length} reasons, all of which its events tell; the last valid one stays in force. {problems[0]}"],
    };

    /// <summary>The target of a service here; of one that was never declared well, that of the default environment.</summary>
    private static TargetKey KeyOf(KnownService one) => new(one.Name, one.Delivery?.Environment ?? ServiceSpec.DefaultEnvironment);

    /// <summary>Its split stays as it is, and nobody looks at it any more: that must not happen in silence.</summary>
    private void Leave(KnownService one)
    {
        if (one is not { Delivery: not null, Origin: { } origin } || views.Find(KeyOf(one))?.Record?.Active is not { } active) return;
        var text = $"{one.Name} is declared no longer in the middle of rollout {active.Id} of {active.Candidate}: its split stays as it is, and nobody watches it; declare it again to go on, or set its weights yourself";
        Remarked(log, origin, "LeftInRollout", text);
        if (leads()) teller.Tell(new Told(origin, IsWarning: true, "LeftInRollout", "Discover", text));
    }

    private ServiceSpec? Resolve(
        KnownService one, ClusterDelivery delivery, KubeOrigin origin, Inventory inventory,
        ImmutableArray<(KubeOrigin, Remark)>.Builder remarks)
    {
        if (!rolloutNames.TryAdd($"{one.Name}-{delivery.Environment}", one.Name))
        {
            remarks.Add((origin, new Remark("InvalidDelivery", $"{origin}: rollouts of {one.Name} in {delivery.Environment} would have the names of those of {rolloutNames[$"{one.Name}-{delivery.Environment}"]}: choose another environment")));
            return one.Spec = null;
        }

        var lastGood = views.Find(KeyOf(one))?.Record?.LastGood ?? notes.LastGood(one.Name);
        var read = slots.Read(delivery, inventory, lastGood, one.Notes);
        one.Notes = read.Notes;
        foreach (var remark in read.Remarks) remarks.Add((origin, remark));
        if (lastGood is not null)
        {
            foreach (var remark in Serving.Look(delivery, inventory, read, lastGood, views.Find(KeyOf(one)))) remarks.Add((origin, remark));
            foreach (var remark in Serving.LookOutside(delivery, inventory, read, lastGood)) remarks.Add((origin, remark));
        }

        var versions = read.Versions.IsEmpty && one.Spec is { } before ? before.Versions : read.Versions;
        var slotsNow = read.Slots;
        if (one.Departure == Departure.Ending && lastGood is not null)
        {
            // To the engine nothing else runs any more, so it ends the rollout and takes the traffic back.
            versions = versions.RemoveAll(v => v.Version != lastGood);
            slotsNow = [.. slotsNow.Select(s => s.Version == lastGood ? s : s with { Version = null, IsReady = false })];
        }

        if (versions.IsEmpty || (one.Spec is null && lastGood is null && read.Notes.Held is null && !read.Slots[0].IsReady))
        {
            remarks.Add((origin, new Remark("NothingToServe", $"{origin}: {(read.Stable is { } waiting ? $"{waiting} is not ready yet" : "no Deployment runs")} behind Service {delivery.Namespace}/{delivery.StableService}, so nothing can be controlled yet")));
            return one.Spec = null;
        }

        if (one.Spec is { } same && ReferenceEquals(one.SpecOf, delivery)
            && same.Versions.SequenceEqual(versions) && same.Cluster.Slots.SequenceEqual(slotsNow)) return same;
        one.SpecOf = delivery;
        return one.Spec = delivery.With(versions, slotsNow) with
        {
            Listing = Listing.Behind(origin.ToString(), [.. read.Slots.Select(s => s.Service)]),
        };
    }

    /// <summary>Each remark once, and again when it came back.</summary>
    private void Tell(KnownService one, ImmutableArray<(KubeOrigin About, Remark Remark)>.Builder remarks)
    {
        foreach (var (about, remark) in remarks)
        {
            if (one.Told.Contains((about, remark))) continue;
            Remarked(log, about, remark.Reason, remark.Text);
            if (leads()) teller.Tell(new Told(about, IsWarning: true, remark.Reason, "Discover", remark.Text));
        }

        one.Told = [.. remarks];
    }

    /// <param name="all">What is controlled.</param>
    /// <param name="over">What only the route of is to be released.</param>
    private void Give(ImmutableArray<ServiceSpec> all, ImmutableArray<ServiceSpec> over)
    {
        if (!isFirst && IsSame(all, given) && IsSame(over, kept)) return;
        targets = all.AddRange(over).ToFrozenDictionary(s => s.Service, StringComparer.Ordinal);
        (given, kept, isFirst) = (all, over, false);
        set(all);

        static bool IsSame(ImmutableArray<ServiceSpec> a, ImmutableArray<ServiceSpec> b) =>
            a.Length == b.Length && a.Zip(b).All(p => ReferenceEquals(p.First, p.Second));
    }

    /// <summary>Notes that changed, one service after the other; what cannot be kept now is tried again after the next change.</summary>
    internal async Task KeepAsync(CancellationToken stop)
    {
        foreach (var one in known.Values)
        {
            if (!leads()) return;
            var uid = notes.Uid(one.Name);
            if (one.Notes == one.Kept && one.KeptIn == uid) continue;
            try
            {
                if (await notes.WriteAsync(one.Name, one.Notes, stop)) (one.Kept, one.KeptIn) = (one.Notes, uid);
            }
            catch (KubeException fault)
            {
                NotKept(log, one.Name, fault.Message);
                if (!fault.IsOfOne) return;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Discovery failed; the services found before stay")]
    private static partial void Failed(ILogger log, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{About}: {Reason}: {Text}")]
    private static partial void Remarked(ILogger log, KubeOrigin about, string reason, string text);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What discovery knows of {Service} could not be kept: {Why}")]
    private static partial void NotKept(ILogger log, string service, string why);
}
