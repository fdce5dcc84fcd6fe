using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Persistence;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Wishing;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Wishes;

/// <summary>Where wishes go.</summary>
/// <param name="Store">Where they are recorded.</param>
/// <param name="Make">Records one.</param>
/// <param name="Wake">Asks the engine to look for what is recorded of a service.</param>
public sealed record WishDoor(IStore Store, MakeWish Make, Action<TargetKey> Wake);

/// <summary>Takes wishes off the cluster's objects: each nonce once, over restarts and changes of the leader too.</summary>
/// <remarks>
/// The wish is recorded first and its nonce kept after; a process that dies in between finds the wish in the store by where
/// it came from, and makes no second one. An abort is taken also while the store cannot be read: the router carries it out.
/// </remarks>
public sealed partial class ClusterWishes : IDisposable
{
    /// <summary>A pass at least so often: what could not be taken then is taken now.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan ForAnswer = TimeSpan.FromSeconds(2);
    private const int FactsBack = 200;

    private readonly ClusterLink cluster;
    private readonly Func<ClusterServices> services;
    private readonly INonceBook book;
    private readonly WishDoor door;
    private readonly RecordedWishes recorded;
    private readonly IEventRecorder recorder;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly Waker waker;
    private readonly HashSet<string> refused = new(StringComparer.Ordinal);

    /// <summary>Aborts that were carried out while the store could not say whether it knows them.</summary>
    private readonly HashSet<string> carried = new(StringComparer.Ordinal);

    private DateTimeOffset began;

    /// <param name="cluster">The cluster whose Rollouts are watched too, and where the answer on a Rollout is written.</param>
    /// <param name="services">What discovery found last.</param>
    /// <param name="book">What was handled.</param>
    /// <param name="door">Where wishes go.</param>
    /// <param name="recorder">Reports wishes that cannot be taken.</param>
    /// <param name="clock">The time.</param>
    /// <param name="log">The log.</param>
    public ClusterWishes(
        ClusterLink cluster, Func<ClusterServices> services, INonceBook book, WishDoor door, IEventRecorder recorder, TimeProvider clock,
        ILogger<ClusterWishes> log)
    {
        (this.cluster, this.services, this.book, this.door, this.recorder) = (cluster, services, book, door, recorder);
        (this.clock, this.log, waker) = (clock, log, new Waker(clock));
        recorded = new RecordedWishes(cluster.View, door.Wake);
        cluster.View.Changed += Wake;
    }

    /// <summary>Passes until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        began = clock.GetUtcNow();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await waker.WaitAsync(Longest, stop);
                if (cluster.IsLeader()) await TakeAsync(stop);
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

    /// <summary>One pass over all services.</summary>
    internal async Task TakeAsync(CancellationToken stop)
    {
        recorded.Look(services().All);
        var rollouts = cluster.View
            .All(KubeKind.Rollout)
            .Where(r => r.MapAt("spec", "wish") is not null)
            .ToLookup(r => (r.NamespaceOf(), r.TextAt("spec", "service")));
        foreach (var service in services().All)
        {
            if (service.Spec is not { } spec) continue;
            var (space, name) = (service.Delivery.Namespace, service.Delivery.Service);
            try
            {
                await TakeAsync(spec, Annotated(space, name), stop);
                foreach (var rollout in rollouts[(space, name)]) await TakeAsync(spec, rollout, stop);
            }
            catch (Exception fault) when (fault is KubeException or StoreUnavailableException)
            {
                // It stands on the object, so the next pass takes it.
                NotTaken(log, spec.Service, fault.Message);
            }
        }
    }

    private ImmutableArray<AskedWish> Annotated(string space, string name)
    {
        var wishes = ImmutableArray<AskedWish>.Empty;
        foreach (var kind in ImmutableArray.Create(KubeKind.Service, KubeKind.Delivery))
            if (cluster.View.Get(new KubeName(kind, space, name)) is { } thing) wishes = wishes.AddRange(AskedWish.In(kind, thing));
        return wishes;
    }

    private async Task TakeAsync(ServiceSpec spec, ImmutableArray<AskedWish> wishes, CancellationToken stop)
    {
        if (wishes.IsEmpty) return;
        if (cluster.View.Get(new KubeName(KubeKind.Delivery, spec.Cluster.Namespace, spec.Cluster.Service)) is null)
        {
            // Nothing tells what was handled before; an abort that was asked for since this process is the leader was not.
            foreach (var wish in wishes)
                if (wish is { Kind: WishKind.Abort, Problem: null } && wish.At >= began && !carried.Contains(wish.From))
                    await MakeAsync(spec, wish, stop);
            return;
        }

        var handled = await book.ReadAsync(spec.Service, stop);
        foreach (var wish in wishes)
        {
            if (handled.TryGetValue(wish.Place, out var last) && last == wish.Nonce) continue;
            if (IsRefused(wish)) continue;
            await MakeAsync(spec, wish, stop);
            handled = handled.SetItem(wish.Place, wish.Nonce);
            await book.WriteAsync(spec.Service, handled, stop);
        }
    }

    private async Task TakeAsync(ServiceSpec spec, JsonObject rollout, CancellationToken stop)
    {
        if (AskedWish.Of(rollout) is not { } wish || rollout.TextAt("status", "handled", "nonce") == wish.Nonce || IsRefused(wish)) return;
        ServiceRecord? record;
        try
        {
            record = await door.Store.LoadAsync(spec.Key, stop);
        }
        catch (StoreUnavailableException) when (wish.Kind == WishKind.Abort && !carried.Contains(wish.From) && !IsOver(rollout))
        {
            await MakeAsync(spec, wish, stop);
            throw;
        }

        var isAbout = wish.Kind == WishKind.Retry ? record?.Active is null : record?.Active?.Id == wish.Rollout;
        var outcome = isAbout ? await MakeAsync(spec, wish, stop) : null;
        var answer = isAbout
            ? outcome?.Answer
            : record?.Active is { } active ? $"rollout {active.Id} is the active one; ask it" : $"rollout {wish.Rollout} has ended";
        await cluster.Kube.PatchAsync(wish.On.Name, KubePatch.Merge(new JsonObject
        {
            ["status"] = new JsonObject
            {
                ["handled"] =
                    new JsonObject { ["nonce"] = wish.Nonce, ["accepted"] = isAbout ? outcome?.Accepted : false, ["answer"] = answer },
            },
        }), "status", stop);
    }

    /// <summary>Null when it was recorded before, or not answered yet.</summary>
    private async ValueTask<WishOutcome?> MakeAsync(ServiceSpec spec, AskedWish wish, CancellationToken stop)
    {
        try
        {
            if (await IsRecordedAsync(spec.Key, wish.From, stop)) return null;
        }
        catch (Exception fault) when (wish.Kind == WishKind.Abort && (fault is KubeException or StoreUnavailableException))
        {
            // An abort needs no store; but once is enough until that can say whether it knows it.
            if (!carried.Add(wish.From)) throw;
        }

        Taken(log, spec.Service, wish.Kind, wish.From, wish.Who, wish.Reason);
        var outcome = await door.Make(
            new Wish(0, spec.Key, wish.Kind, wish.Version, wish.Who, wish.Reason, wish.From, clock.GetUtcNow()), ForAnswer, stop);
        if (outcome is { Accepted: false })
            recorder.Record(new ObjectEvent(wish.On, IsWarning: true, "WishRefused", wish.Kind.ToString(), outcome.Answer));
        return outcome;
    }

    private async ValueTask<bool> IsRecordedAsync(TargetKey key, string from, CancellationToken stop)
    {
        foreach (var pending in await door.Store.PendingWishesAsync(key, stop))
            if (pending.From == from) return true;
        foreach (var fact in await door.Store.FactsAsync(new FactQuery(key, Limit: FactsBack), stop))
            if (fact.Kind is "ordered" or "published" && RolloutJson.ReadFact(fact.Data).From == from) return true;
        return false;
    }

    /// <summary>By what the object itself says, for the record cannot be read.</summary>
    private static bool IsOver(JsonObject rollout) =>
        rollout.TextAt("status", "phase") is nameof(Phase.Good)
            or nameof(Phase.RolledBack)
            or nameof(Phase.Superseded)
            or nameof(Phase.Aborted);

    private bool IsRefused(AskedWish wish)
    {
        if (wish.Problem is not { } problem) return false;
        if (refused.Add($"{wish.On}: {problem}"))
            recorder.Record(new ObjectEvent(wish.On, IsWarning: true, "InvalidWish", "Take", problem));
        return true;
    }

    private void Wake(KubeKind kind)
    {
        if (kind == KubeKind.Service || kind == KubeKind.Delivery || kind == KubeKind.Rollout) waker.Wake();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Service}: {Kind} is asked for by {From} of {Who} ({Reason})")]
    private static partial void Taken(ILogger log, string service, WishKind kind, string from, string who, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A wish for {Service} could not be taken now: {Why}")]
    private static partial void NotTaken(ILogger log, string service, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "Taking wishes failed; it is retried")]
    private static partial void Failed(ILogger log, Exception fault);
}
