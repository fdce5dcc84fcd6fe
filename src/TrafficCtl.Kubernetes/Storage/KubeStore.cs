using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Storage;

/// <summary>The journal and the state of record in custom resources.</summary>
/// <remarks>
/// A decision is one write of its service's Delivery status, with the resourceVersion as precondition: that is what
/// saves it. The Rollout object is written after it, for people and for the evidence, and repaired by the next write.
/// So no two services are saved together. Recorded windows are not kept: a cluster's API is no place for them, so a
/// rollout on Kubernetes cannot be replayed. What is not known to be ours alone is read again: after a fault, and
/// after another led.
/// </remarks>
internal sealed class KubeStore : IStore
{
    private static readonly TimeSpan Together = TimeSpan.FromSeconds(1);

    private readonly IKube kube;
    private readonly KubeStoreSettings settings;
    private readonly ILeaderTerm leader;
    private readonly TimeProvider clock;
    private readonly RolloutWrites rollouts;
    private readonly DeliveryWrites deliveries;
    private readonly FactReader facts;
    private readonly Lock gate = new();
    private TermState ofTerm;

    public KubeStore(IKube kube, KubeStoreSettings settings, ILeaderTerm leader, TimeProvider clock, ILogger<KubeStore> log)
    {
        (this.kube, this.settings, this.leader, this.clock) = (kube, settings, leader, clock);
        rollouts = new RolloutWrites(kube, settings, clock, log);
        deliveries = new DeliveryWrites(kube, clock, log);
        facts = new FactReader(rollouts);
        ofTerm = NewState(leader.Current);
    }

    public bool CommitsTogether => false;

    public TimeSpan CheckpointEvery => settings.CheckpointEvery;

    /// <summary>It records no windows.</summary>
    public bool KeepsDeltas => false;

    public ValueTask<ServiceRecord?> LoadAsync(TargetKey key, CancellationToken stop) => UseAsync(key, async (held, led) =>
    {
        await deliveries.ReadAsync(held, led.Primed, stop);
        var state = held.State!;
        held.LoadedAt = clock.GetTimestamp();
        if (state.Record is not { Active: { } active } record) return state.Record;
        if (await FindAsync(held, active, led, stop) is not { } rollout)
        {
            held.IsBehind = true;
            return record;
        }

        if (rollout.Object("status")?.Number("generation") != active.Generation) held.IsBehind = true;
        return record with { Evidence = EvidencePacking.Unpack(RolloutObject.Evidence(rollout)) };
    }, stop);

    public async ValueTask CommitAsync(ImmutableArray<Commit> commits, CancellationToken stop)
    {
        if (commits.IsEmpty) return;
        if (commits is not [var commit])
            throw new ArgumentException($"{commits.Length} services cannot be saved together here; nothing was saved.", nameof(commits));
        if (commit.Record.Generation <= commit.ExpectedGeneration)
            throw new ArgumentException(
                $"{commit.Record.Key}: a decision made from generation {commit.ExpectedGeneration} cannot be saved as "
                    + $"{commit.Record.Generation}.",
                nameof(commits));
        var term = leader.Current ?? throw KubeFaults.NotLeading();
        await UseAsync(commit.Record.Key, async (held, led) =>
        {
            if (held.State is null) await deliveries.ReadAsync(held, led.Primed, stop);
            var about = commit.Record.Active ?? commit.Rollout;
            var shownAs = about is null ? null : ObjectNames.Rollout(held.Key, settings.Home, about.Number).Name;
            await deliveries.ChangeAsync(held, state => state.After(commit, term, held.Copied), term, shownAs, stop);
            // From here on it is saved, whatever becomes of the rest.
            await rollouts.ShowAsync(held, new StoredEvidence(Packed(commit.Record)), stop);
            return true;
        }, stop);
    }

    public async ValueTask CheckpointAsync(ImmutableArray<Checkpoint> checkpoints, CancellationToken stop)
    {
        if (checkpoints.IsEmpty) return;
        if (leader.Current is null) throw KubeFaults.NotLeading();
        StoreUnavailableException? gone = null;
        await Parallel.ForEachAsync(checkpoints, new ParallelOptions
        {
            MaxDegreeOfParallelism = settings.MostAtOnce,
            CancellationToken = stop,
        }, async (checkpoint, within) =>
        {
            if (Volatile.Read(ref gone) is not null) return;
            try
            {
                await UseAsync(checkpoint.Key, (held, led) => SaveAsync(held, led, checkpoint, within), within);
            }
            catch (StoreUnavailableException fault)
            {
                // One service's evidence alone is saved with its next decision.
                if (fault.Only is null) Volatile.Write(ref gone, fault);
            }
        });
        if (gone is not null) throw gone;
    }

    public ValueTask<Wish> RecordWishAsync(Wish wish, CancellationToken stop) => UseAsync(wish.Key, async (held, led) =>
    {
        if (held.State is null || !led.Leads) await deliveries.ReadAsync(held, led.Primed, stop);
        Wish? recorded = null;
        await deliveries.ChangeAsync(held, state =>
        {
            (var next, recorded) = state.With(wish, WishIds.Next(clock.GetUtcNow()));
            return next;
        }, null, null, stop);
        return recorded!;
    }, stop);

    public ValueTask<ImmutableArray<Wish>> PendingWishesAsync(TargetKey key, CancellationToken stop) => UseAsync(key, async (held, led) =>
    {
        // A load and this question come together: one read answers both.
        if (held.State is null || held.LoadedAt is not { } at || clock.GetElapsedTime(at) > Together)
            await deliveries.ReadAsync(held, led.Primed, stop);
        held.LoadedAt = null;
        return held.State!.Wishes.RemoveAll(w => w.Key.Environment != key.Environment);
    }, stop);

    public ValueTask<ImmutableArray<Fact>> FactsAsync(FactQuery query, CancellationToken stop)
    {
        if (query.Limit < 1) throw new ArgumentOutOfRangeException(nameof(query), query.Limit, "At least one fact must be asked for.");
        return UseAsync(query.Key, async (held, led) =>
        {
            if (held.State is null || !led.Leads) await deliveries.ReadAsync(held, led.Primed, stop);
            return await facts.ReadAsync(held, query, stop);
        }, stop);
    }

    /// <summary>None: see the remarks.</summary>
    public ValueTask<ImmutableArray<RecordedRollout>> RecordingsAsync(RecordingQuery query, CancellationToken stop) =>
        ValueTask.FromResult<ImmutableArray<RecordedRollout>>([]);

    /// <summary>None: see the remarks.</summary>
    public ValueTask<ImmutableArray<ReadOnlyMemory<byte>>> WindowsAsync(string rolloutId, long from, CancellationToken stop) =>
        ValueTask.FromResult<ImmutableArray<ReadOnlyMemory<byte>>>([]);

    /// <summary>
    /// There are no windows; what is deleted are old Rollout objects, and those that are behind their record are written.
    /// </summary>
    public async ValueTask<WindowStock> PruneAsync(WindowRetention retention, CancellationToken stop)
    {
        if (leader.Current is null) return default;
        foreach (var (key, known) in StateNow().Held)
            if (known.IsBehind || known.Surplus.Count > 0)
                await UseAsync(key, async (held, led) =>
                {
                    if (held.State is null) await deliveries.ReadAsync(held, led.Primed, stop);
                    if (held.IsBehind) await rollouts.ShowAsync(held, null, stop);
                    await rollouts.DeleteSurplusAsync(held, stop);
                    return true;
                }, stop);
        return default;
    }

    private async ValueTask<bool> SaveAsync(HeldDelivery held, TermState led, Checkpoint checkpoint, CancellationToken stop)
    {
        if (held.State is null) await deliveries.ReadAsync(held, led.Primed, stop);
        if (held.State?.Record?.Active?.Id != checkpoint.RolloutId) return false;
        var fault = EvidencePacking.Pack(checkpoint.Evidence.Span) is { } text
            ? await rollouts.ShowAsync(held, new StoredEvidence(text), stop)
            : null;
        return fault is null ? true : throw KubeFaults.Explain(fault, held.Key, held.Name.ToString());
    }

    private async ValueTask<JsonObject?> FindAsync(HeldDelivery held, RolloutState active, TermState led, CancellationToken stop)
    {
        if (held.Rollouts.TryGetValue(active.Id, out var known) && led.Leads) return known;
        var name = ObjectNames.Rollout(held.Key, settings.Home, active.Number);
        var found = led.Primed.Rollout(name) is { } listed && RolloutObject.IsOf(listed, active.Id)
            ? listed
            : await rollouts.ReadAsync(held, active.Id, active.Number, stop);
        if (found is not null) held.Rollouts[active.Id] = found;
        return found;
    }

    private static string? Packed(ServiceRecord record) => record.Evidence.IsEmpty ? null : EvidencePacking.Pack(record.Evidence.Span);

    private async ValueTask<T> UseAsync<T>(TargetKey key, Func<HeldDelivery, TermState, ValueTask<T>> use, CancellationToken stop)
    {
        var now = StateNow();
        var held = now.Held.GetOrAdd(
            key, static (k, store) => new HeldDelivery(k, ObjectNames.Delivery(k, store.Home), store.Leads), (settings.Home, now.Leads));
        await held.Gate.WaitAsync(stop);
        try
        {
            return await use(held, now);
        }
        catch (KubeException fault)
        {
            held.Doubt();
            throw fault.Code == HttpStatusCode.NotFound && !await IsServedAsync(stop)
                ? KubeFaults.NoCrd(fault)
                : KubeFaults.Explain(fault, key, held.Name.ToString());
        }
        finally
        {
            held.Gate.Release();
        }
    }

    /// <summary>True also when that cannot be told now.</summary>
    private async ValueTask<bool> IsServedAsync(CancellationToken stop)
    {
        try
        {
            foreach (var kind in (KubeKind[])[KubeKind.Delivery, KubeKind.Rollout])
                if (await kube.FindAsync(kind.Group, kind.Plural, kind.Kind, [kind.Version], stop) is null) return false;
        }
        catch (KubeException)
        {
            // The first fault tells more.
        }

        return true;
    }

    private TermState StateNow()
    {
        lock (gate)
        {
            var term = leader.Current;
            return term == ofTerm.Term ? ofTerm : ofTerm = NewState(term);
        }
    }

    private TermState NewState(LeaderTerm? term) =>
        new(term, new ConcurrentDictionary<TargetKey, HeldDelivery>(), new Primed(kube, settings, clock));

    /// <summary>What is known while one term lasts.</summary>
    private sealed record TermState(LeaderTerm? Term, ConcurrentDictionary<TargetKey, HeldDelivery> Held, Primed Primed)
    {
        public bool Leads => Term is not null;
    }
}
