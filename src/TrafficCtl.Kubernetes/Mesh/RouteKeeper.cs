using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Confirming;
using TrafficCtl.Kubernetes.Mesh.Drift;
using TrafficCtl.Kubernetes.Mesh.Ledger;

namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>Keeps one service's routing object at the asked split: resolve, read, plan, apply, confirm, observe. Every error leaves the last split as it is.</summary>
/// <remarks>
/// The loop and whoever aborts may call at once: one waits for the other. <see cref="Put"/> is read from any thread. An abort is
/// carried out without a decision, and kept in the ledger: whatever route is asked for, its candidate gets nothing until the abort
/// is answered, also by a process that leads later.
/// </remarks>
internal sealed partial class RouteKeeper(TargetKey key, MeshParts parts)
{
    /// <summary>How long a write waits for the server's word on endpoints.</summary>
    private static readonly TimeSpan LookTime = TimeSpan.FromSeconds(2);

    private readonly string service = key.Service;

    private readonly DriftWatch drift = new(parts.Settings, parts.Clock);
    private readonly ArmHealths health = new(parts.Targets, parts.Clock);
    private readonly SenderSearch senders = new(parts);

    private ServiceRoute? asked;
    private ServiceRoute? confirmed;
    private volatile ServiceRoute? put;
    private volatile ManagedRule? rule;
    private WantedSplit? split;
    private Confirmation? confirmation;
    private LedgerEntry? entry, saved;
    private RouteReference? place;
    private bool isLedgerRead, isInDoubt;
    private volatile bool mustSettle;
    private RouteScene? clean;
    private string? trouble, held, ledgerTrouble;

    /// <summary>Services of which the server was asked in this write, and those of them that had no ready endpoint.</summary>
    private readonly HashSet<string> lookedAt = new(StringComparer.Ordinal), empty = new(StringComparer.Ordinal);

    private SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>The route whose split was last written or found; null before the first.</summary>
    public ServiceRoute? Put => put;

    /// <summary>The managed rule as it was last seen; null before.</summary>
    public ManagedRule? Rule => rule;

    public void Settle() => mustSettle = true;

    public ValueTask<ApplyOutcome> ApplyAsync(ServiceRoute route, CancellationToken stop) => AloneAsync(() => ApplyAloneAsync(route, stop), stop);

    public ValueTask<RouterStatus?> ObserveAsync(CancellationToken stop) => AloneAsync(() => ObserveAloneAsync(stop), stop);

    private async ValueTask<T> AloneAsync<T>(Func<ValueTask<T>> work, CancellationToken stop)
    {
        await Gate.WaitAsync(stop);
        try
        {
            return await work();
        }
        finally
        {
            Gate.Release();
        }
    }

    private async ValueTask<ApplyOutcome> ApplyAloneAsync(ServiceRoute route, CancellationToken stop)
    {
        if (mustSettle) drift.Settle();
        mustSettle = false;
        if (route.Generation < asked?.Generation) return ApplyOutcome.Stale;
        if (parts.Targets.Find(service) is not { } target) return ApplyOutcome.Stale;
        asked = route;
        try
        {
            await PutAsync(target, route, stop);
            trouble = null;
            return ApplyOutcome.Applied;
        }
        catch (MeshException fault)
        {
            (trouble, clean) = (fault.Message, null);
            throw;
        }
    }

    private async ValueTask<RouterStatus?> ObserveAloneAsync(CancellationToken stop)
    {
        if (asked is not { } route || parts.Targets.Find(service) is not { } target) return null;
        Follow(target);
        var warnings = new List<string?> { trouble, held, ledgerTrouble };
        LiveShares? found = null;
        try
        {
            var dialect = DialectList.Find(target.Route.Dialect);
            (var scene, found) = await LookAsync(dialect, target, Want(target, route), isFresh: false, stop);
            warnings.AddRange(dialect.Warnings(scene));
            rule = dialect.Rule(scene);
            if (confirmation is not null) await ConfirmAsync(dialect, scene, route, stop);
        }
        catch (MeshException fault)
        {
            if (fault.Message != trouble) warnings.Add(fault.Message);
        }

        // Of a split that is not of a rollout nobody measures shares, and nobody waits for it.
        if (route.RolloutId is not null && confirmation is { IsDone: true }) warnings.Add(confirmation.Why);
        var inForce = confirmed ?? route with { Generation = 0 };
        var slot = split?.Candidate?.Service ?? (route.Candidate is { } version ? target.SlotOf(version)?.Service : null);
        var served = (drift.Held is null && abort is null) || slot is null ? inForce.Exposure : Exposure.Of(found?.Of(slot) ?? inForce.Exposure.General);
        return Withheld(new RouterStatus(inForce, served, health.Of(target, route.Stable), health.Of(target, route.Candidate), null, Join(warnings))
        {
            Drift = drift.Tell(),
            Pending = inForce == route ? null : route,
            CountsBecause = inForce == route && route.RolloutId is not null && confirmation is { IsDone: true } ? confirmation.Why : null,
            WaitsFor = inForce == route ? null : held ?? (confirmation is { IsDone: false } ? confirmation.Why : null),
        });
    }

    /// <summary>Another routing object is named: what was written to the one before says nothing of whose hand is on this one.</summary>
    private void Follow(ClusterTarget target)
    {
        if (place == target.Route) return;
        if (place is not null) (entry, saved, isInDoubt, isLedgerRead, split, confirmed, confirmation, clean) = (null, null, false, false, null, null, null, null);
        place = target.Route;
    }

    private async ValueTask ConfirmAsync(IMeshDialect dialect, RouteScene scene, ServiceRoute route, CancellationToken stop)
    {
        if (drift.Held is { Answer: not DriftAnswer.Adopt })
        {
            // What was in force is so no longer.
            if (confirmed?.Generation >= route.Generation) confirmed = confirmed with { Generation = route.Generation - 1 };
            return;
        }

        if (put != route || held is not null || trouble is not null) return;
        var isCounted = !confirmation!.IsDone && parts.Shares?.ObservedShare(service) is not null;
        var others = isCounted ? await senders.FindAsync(dialect, scene, confirmation.Split, stop) : [];
        confirmation.Look(service, parts.Settings, dialect.Assent(scene), parts.Shares, others);
        if (confirmation.IsDone) confirmed = route;
    }

    private async ValueTask PutAsync(ClusterTarget target, ServiceRoute route, CancellationToken stop)
    {
        var dialect = DialectList.Find(target.Route.Dialect);
        var objects = parts.ObjectsOf(dialect);
        Follow(target);
        await ReadLedgerAsync(target, stop);
        var tried = ImmutableArray<MeshEdit>.Empty;
        MeshRaceException? race = null;
        lookedAt.Clear();
        empty.Clear();
        for (var attempt = 0; attempt < parts.Settings.Attempts; attempt++)
        {
            var wanted = Want(target, route);
            if (wanted.IsShadow && !dialect.CanMirror) throw NoMirror(target);
            var (scene, found) = await LookAsync(dialect, target, wanted, isFresh: attempt > 0, stop);
            if (!drift.Admits(wanted)) return;
            if (WaitForSlots(target, wanted, found) is not { } possible) return;
            wanted = possible;
            var edits = scene.IsSameAs(clean) && wanted.IsSame(split) ? [] : dialect.Plan(scene, wanted);
            if (race is not null && IsSame(edits, tried)) throw new MeshException(MeshFault.Invalid, race.Message, race);
            if (edits.IsEmpty)
            {
                Done(wanted, route, hasWritten: false);
                clean = scene;
                return;
            }

            if (await IsEmptyNowAsync(target, wanted, found, stop))
            {
                // Each Service is asked about once, so this is no race that could go on.
                attempt--;
                continue;
            }

            clean = null;
            var (before, wasInDoubt, written) = (entry, isInDoubt, 0);
            var note = new LedgerEntry(target.Route.ToString(), route.Generation, found?.Rounded, wanted.Shares, drift.HandOn(scene, dialect)?.Mark)
            {
                Stable = wanted.Stable.Service,
                Rollout = route.RolloutId,
                Abort = abort,
            };
            await NoteAsync(target, note, wanted, found, stop);
            try
            {
                for (; written < edits.Length; written++) await objects.WriteAsync(target.Namespace, edits[written], stop);
                isInDoubt = false;
                Done(wanted, route, hasWritten: true);
                return;
            }
            catch (MeshRaceException lost)
            {
                (tried, race) = (edits, lost);
                // Surely nothing was written: who was faster is compared with what was there before.
                if (written == 0) (entry, isInDoubt) = (before, wasInDoubt);
            }
        }

        throw new MeshException(
            MeshFault.Contended, $"{target.Route} of {service} changed between each of {parts.Settings.Attempts} reads and writes; it is tried again in a moment: {race!.Message}", race);
    }

    /// <summary>Nobody is accused of a drift by what memory or a lagging watch says.</summary>
    private async ValueTask<(RouteScene Scene, LiveShares? Found)> LookAsync(IMeshDialect dialect, ClusterTarget target, WantedSplit wanted, bool isFresh, CancellationToken stop)
    {
        var objects = parts.ObjectsOf(dialect);
        var before = drift.Held;
        try
        {
            var scene = await SceneReader.ReadAsync(objects, dialect, target, service, isFresh, stop);
            var found = Read(dialect, scene, wanted);
            if (isFresh || drift.Held is null || drift.Held == before) return (scene, found);
        }
        catch (MeshException fault) when (fault.IsStructural && !isFresh && drift.Held != before)
        {
            // It is looked at below.
        }

        var fresh = await SceneReader.ReadAsync(objects, dialect, target, service, isFresh: true, stop);
        return (fresh, Read(dialect, fresh, wanted));
    }

    private LiveShares? Read(IMeshDialect dialect, RouteScene scene, WantedSplit wanted)
    {
        try
        {
            var found = Ours(dialect.Read(scene), scene.Target, wanted);
            if (found is not null && found.Rounded.Equals(entry?.Now)) isInDoubt = false;
            drift.Look(scene, dialect, found, entry, isInDoubt, wanted);
            return found;
        }
        catch (MeshException fault) when (fault.IsStructural && entry is not null)
        {
            drift.LookAtBroken(scene, dialect, fault, wanted);
            throw;
        }
    }

    /// <summary>A shadow that was written is the controller's to take away; of no other mirror does it know.</summary>
    private WantedSplit Want(ClusterTarget target, ServiceRoute route)
    {
        var wanted = WantedSplit.Of(target, parts.Targets.CohortsOf(service), abort is null ? route : route with { Exposure = Exposure.None });
        return wanted.Shadow is null && entry?.HasShadow(isInDoubt) == true ? wanted with { Shadow = Weights.AllStable } : wanted;
    }

    private LiveShares? Ours(LiveShares? found, ClusterTarget target, WantedSplit wanted)
    {
        if (found is null || found.Shadow == Weights.AllStable) return found;
        if (wanted.Shadow is null) return found with { Shadow = Weights.AllStable };
        if (target.Mode == RouteMode.Owned || entry?.HasShadow(isInDoubt) == true) return found;
        throw new MeshException(
            MeshFault.Unsupported,
            $"{target.Route} copies {found.Shadow} of the requests to a slot of {target.Service} already, and not by the controller's hand; remove that mirror, or the shadow steps");
    }

    private static MeshException NoMirror(ClusterTarget target) => new(
        MeshFault.Unsupported, $"{target.Route}: the routing object can send no copies of requests; shadow steps work with {DialectList.Mirroring}. Leave them out, or use such a route");

    /// <summary>
    /// Make before break: no slot is raised that cannot serve, be it of the candidate or of stable, in a rollout, a rollback or without
    /// one. What a slot has may be taken away only as far as another one takes it.
    /// </summary>
    /// <returns>The split as far as it can be written; null when it is not known what stands there, so that nothing can be.</returns>
    private WantedSplit? WaitForSlots(ClusterTarget target, WantedSplit wanted, LiveShares? found)
    {
        held = null;
        var possible = wanted;
        var isRaised = wanted.Highest > Weights.AllStable || wanted.IsShadow;
        if (wanted.Candidate is { } slot && (!slot.IsReady || IsEmpty(target, slot)) && isRaised)
        {
            possible = wanted.NotAbove(split, found?.Of(slot.Service) ?? Weights.AllStable, found?.Shadow ?? Weights.AllStable);
            if (!possible.IsSame(wanted))
            {
                held = $"the Service {slot.Service} is not ready, so its " + (wanted.IsShadow
                    ? $"shadow stays at {possible.Shadow} and does not rise to {wanted.Shadow}"
                    : $"weight stays at {possible.Highest} and does not rise to {wanted.Highest}");
            }
        }

        return IsEmpty(target, wanted.Stable) ? KeepFromStable(target, wanted, possible, found) : possible;
    }

    private WantedSplit? KeepFromStable(ClusterTarget target, WantedSplit wanted, WantedSplit possible, LiveShares? found)
    {
        var slot = wanted.Stable.Service;
        var all = $"Service {target.Namespace}/{slot}, which runs the stable version, has no ready endpoint";
        if (found is not { IsDefined: true } || (split is null && !wanted.Cohorts.IsEmpty))
        {
            held = $"{all}, and what {target.Route} says is no split that could be kept: nothing is written until it has one";
            return null;
        }

        var has = Weights.OfCandidate(Weights.Total - Math.Min(Weights.Total, found.Rounded.Share(slot)));
        var kept = possible.NotBelow(split, wanted.Candidate is null ? Weights.AllStable : has);
        if (!kept.IsSame(possible) || (wanted.Candidate is null && has > Weights.AllStable))
            held = $"{all}, so the split stays at {found.Rounded} until it has one: "
                + "run that version there again, or scale its Deployment up";
        return wanted.Candidate is null && has > Weights.AllStable ? null : kept;
    }

    /// <summary>Known to have no ready endpoint.</summary>
    private bool IsEmpty(ClusterTarget target, Slot slot) =>
        empty.Contains(slot.Service) || parts.Targets.EndpointsOf(target.Namespace, slot.Service) == 0;

    /// <summary>
    /// Informers lag, and a watch can be dead for minutes without a word: the server itself is asked about what is to be raised.
    /// </summary>
    /// <returns>One of them has no ready endpoint, which was not known: the split must be made anew.</returns>
    private async ValueTask<bool> IsEmptyNowAsync(ClusterTarget target, WantedSplit wanted, LiveShares? found, CancellationToken stop)
    {
        var isAny = false;
        foreach (var slot in Raised(wanted, found))
        {
            if (empty.Contains(slot.Service) || !lookedAt.Add(slot.Service)) continue;
            using var time = new CancellationTokenSource(LookTime, parts.Clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, stop);
            try
            {
                if (await parts.Targets.EndpointsNowAsync(target.Namespace, slot.Service, either.Token) == 0) isAny |= empty.Add(slot.Service);
            }
            catch (Exception fault) when (fault is KubeException or OperationCanceledException && !stop.IsCancellationRequested)
            {
                // A rollback depends on nothing that may be broken: what was last heard of the slot stands.
            }
        }

        return isAny;
    }

    /// <summary>What may get more than it has.</summary>
    private static IEnumerable<Slot> Raised(WantedSplit wanted, LiveShares? found)
    {
        var isKnown = found is { IsDefined: true } && wanted.Cohorts.IsEmpty;
        if (wanted.Lowest < Weights.AllCandidate && (!isKnown || wanted.ShareOf(wanted.Stable.Service) > found!.Rounded.Share(wanted.Stable.Service)))
            yield return wanted.Stable;
        if (wanted.Candidate is { } slot && (wanted.IsShadow || (wanted.Highest > Weights.AllStable
            && (!isKnown || wanted.ShareOf(slot.Service) > found!.Rounded.Share(slot.Service)))))
            yield return slot;
    }

    private void Done(WantedSplit wanted, ServiceRoute route, bool hasWritten)
    {
        if (confirmation is null || hasWritten || !wanted.IsSame(split) || (!confirmation.IsDone && put?.RolloutId != route.RolloutId))
            confirmation = new Confirmation(wanted, route.RolloutId, split?.General, parts.Clock);
        // What was found as it is wanted is ours from now on, as if it had been written.
        if (!hasWritten && !wanted.Shares.Equals(entry?.Now))
        {
            entry = new LedgerEntry(entry?.Route ?? "", route.Generation, null, wanted.Shares, null) { Stable = wanted.Stable.Service, Rollout = route.RolloutId, Abort = entry?.Abort };
            isInDoubt = false;
        }

        (split, put) = (wanted, route);
        if (hasWritten) drift.Written();
    }

    private async ValueTask ReadLedgerAsync(ClusterTarget target, CancellationToken stop)
    {
        if (isLedgerRead) return;
        try
        {
            var last = await parts.Ledger.FindAsync(service, target, stop);
            if (last?.Route == target.Route.ToString()) (entry, saved, isInDoubt) = (last, last, true);
            abort ??= last?.Abort;
            isLedgerRead = true;
        }
        catch (KubeException fault)
        {
            throw new MeshException(MeshFault.Unreachable, $"what was last written to {target.Route} cannot be read, so nobody can tell whose hand is on it: {fault.Message}", fault);
        }
    }

    /// <summary>A raise waits until it is on record; taking traffic away waits for nothing.</summary>
    private async ValueTask NoteAsync(ClusterTarget target, LedgerEntry next, WantedSplit wanted, LiveShares? found, CancellationToken stop)
    {
        try
        {
            if (next != saved) await parts.Ledger.SaveAsync(service, target, next, stop);
            (saved, ledgerTrouble) = (next, null);
        }
        catch (KubeException fault)
        {
            ledgerTrouble = $"what is written to {target.Route} cannot be put on record: {fault.Message}";
            if (found is null || wanted.Highest > found.Of(wanted.Candidate?.Service) || wanted.Shadow > found.Shadow) throw new MeshException(MeshFault.Unreachable, ledgerTrouble, fault);
        }

        (entry, isInDoubt) = (next, true);
    }

    private static bool IsSame(ImmutableArray<MeshEdit> a, ImmutableArray<MeshEdit> b) =>
        a.Length == b.Length && a.Zip(b).All(p => p.First.IsOf(p.Second.Of, p.Second.Name) && JsonNode.DeepEquals(Body(p.First), Body(p.Second)));

    private static JsonNode? Body(MeshEdit edit) => edit switch
    {
        MeshEdit.Patch patch => patch.Operations,
        MeshEdit.Apply apply => apply.Whole,
        MeshEdit.Replace replace => new JsonArray(replace.Version, replace.Whole.DeepClone()),
        _ => null,
    };

    private static string? Join(IEnumerable<string?> warnings)
    {
        var all = warnings.OfType<string>().Distinct(StringComparer.Ordinal).ToArray();
        return all.Length == 0 ? null : string.Join("; ", all);
    }
}
