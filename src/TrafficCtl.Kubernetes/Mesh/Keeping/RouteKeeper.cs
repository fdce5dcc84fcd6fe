using System.Collections.Immutable;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Confirming;
using TrafficCtl.Kubernetes.Mesh.Dialects;
using TrafficCtl.Kubernetes.Mesh.Drift;
using TrafficCtl.Kubernetes.Mesh.Ledger;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

/// <summary>
/// Keeps one routing object of a service at the requested split: resolve, read, plan, apply, confirm, observe. After an error the last
/// written split stays in place.
/// </summary>
/// <remarks>
/// The control loop and an abort may call concurrently; calls are serialized. All state between calls is one immutable
/// <see cref="KeptRoute"/>, which is replaced after each stage, so that a cancelled call does not lose what it has done. An abort takes
/// effect without a decision and is saved in the ledger: whatever route is requested, the candidate gets no traffic until the abort is
/// answered. A later leader reads the abort from the ledger and does the same.
/// </remarks>
internal sealed partial class RouteKeeper(TargetKey key, MeshParts parts)
{
    private readonly string service = key.Service;
    private readonly RouteReader reader = new(key.Service, parts);
    private readonly LedgerClient ledger = new(key.Service, parts.Ledger);
    private readonly SlotEndpoints endpoints = new(parts.Targets, parts.Clock);
    private readonly ArmHealths health = new(parts.Targets, parts.Clock);
    private readonly SenderSearch senders = new(parts.Homes, parts.Settings, parts.Clock);

    /// <summary>Written by one call at a time, read from any thread.</summary>
    private volatile KeptRoute kept = KeptRoute.Nothing;

    private volatile bool mustSettle;

    private SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>The route whose split was last written, or found to be in place already; null before that.</summary>
    public ServiceRoute? Put => kept.Put;

    /// <summary>The managed rule as it was last read; null before the first read.</summary>
    public ManagedRule? Rule => kept.Rule;

    private DriftWatch Drift => reader.Drift;

    public void Settle() => mustSettle = true;

    public ValueTask<ApplyOutcome> ApplyAsync(ServiceRoute route, CancellationToken stop) =>
        AloneAsync(() => ApplyAloneAsync(route, stop), stop);

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
        if (mustSettle) Drift.Settle();
        mustSettle = false;
        if (route.Generation < kept.Asked?.Generation) return ApplyOutcome.Stale;
        if (parts.Targets.Find(service) is not { } target) return ApplyOutcome.Stale;
        kept = kept with { Asked = route };
        try
        {
            await PutAsync(target, route, stop);
            kept = kept with { Trouble = null };
            return ApplyOutcome.Applied;
        }
        catch (MeshException fault)
        {
            kept = kept.Failed(fault);
            throw;
        }
    }

    private async ValueTask<RouterStatus?> ObserveAloneAsync(CancellationToken stop)
    {
        if (kept.Asked is not { } route || parts.Targets.Find(service) is not { } target) return null;
        kept = kept.At(target.Route);
        var warnings = new List<string?> { kept.Trouble, kept.Held, kept.Ledger.Trouble };
        LiveShares? found = null;
        try
        {
            var dialect = DialectList.Find(target.Route.Dialect);
            var look = await LookAsync(dialect, target, Want(target, route), isFresh: false, stop);
            found = look.Found;
            warnings.AddRange(dialect.Warnings(look.Scene));
            kept = kept with { Rule = dialect.Rule(look.Scene) };
            if (kept.Confirmation is { } confirmation)
                kept = kept with { Confirmed = await ConfirmAsync(confirmation, dialect, look.Scene, route, stop) };
        }
        catch (MeshException fault)
        {
            if (fault.Message != kept.Trouble) warnings.Add(fault.Message);
        }

        return KeptStatus.Of(kept, Drift.Tell(), health, target, found, warnings);
    }

    /// <returns>The route that is considered in force; null when none is.</returns>
    private async ValueTask<ServiceRoute?> ConfirmAsync(
        Confirmation confirmation, IMeshDialect dialect, RouteScene scene, ServiceRoute route, CancellationToken stop)
    {
        if (Drift.Held is { Answer: not DriftAnswer.Adopt })
        {
            // Somebody changed the split, so this generation is no longer in force.
            return kept.Confirmed?.Generation >= route.Generation
                ? kept.Confirmed with { Generation = route.Generation - 1 }
                : kept.Confirmed;
        }

        if (kept.Put != route || kept.Held is not null || kept.Trouble is not null) return kept.Confirmed;
        var isCounted = !confirmation.IsDone && parts.Shares?.ObservedShare(service) is not null;
        var others = isCounted ? await senders.FindAsync(dialect, scene, confirmation.Split, stop) : [];
        confirmation.Look(service, parts.Settings, dialect.Assent(scene), parts.Shares, others);
        return confirmation.IsDone ? route : kept.Confirmed;
    }

    private async ValueTask PutAsync(ClusterTarget target, ServiceRoute route, CancellationToken stop)
    {
        var dialect = DialectList.Find(target.Route.Dialect);
        await OpenBookAsync(target, stop);
        var asked = SlotsAsked.None;
        var tried = ImmutableArray<MeshEdit>.Empty;
        MeshRaceException? race = null;
        for (var attempt = 0; attempt < parts.Settings.Attempts; attempt++)
        {
            var wanted = Want(target, route);
            if (wanted.IsShadow && !dialect.CanMirror) throw NoMirror(target);
            var look = await LookAsync(dialect, target, wanted, isFresh: attempt > 0, stop);
            if (!Drift.Admits(wanted)) return;
            var answers = asked;
            var (possible, held) = SlotRule.Allow(target, wanted, kept.Split, look.Found, slot => endpoints.IsEmpty(answers, target, slot));
            kept = kept with { Held = held };
            if (possible is null) return;
            var edits = look.Scene.IsSameAs(kept.Clean) && possible.IsSame(kept.Split) ? [] : dialect.Plan(look.Scene, possible);
            if (race is not null && MeshEdit.AreSame(edits, tried)) throw new MeshException(MeshFault.Invalid, race.Message, race);
            if (edits.IsEmpty)
            {
                kept = kept.Done(possible, route, hasWritten: false, parts.Clock) with { Clean = look.Scene };
                return;
            }

            asked = await endpoints.AskAsync(asked, target, SlotRule.Raised(possible, look.Found), stop);
            if (asked.Empty.Count > answers.Empty.Count)
            {
                // Does not count as an attempt: each Service is queried once per write, so this cannot repeat forever.
                attempt--;
                continue;
            }

            race = await WriteAsync(dialect, target, route, possible, look, edits, stop);
            if (race is null) return;
            tried = edits;
        }

        throw new MeshException(
            MeshFault.Contended,
            $"{target.Route} of {service} changed between each of {parts.Settings.Attempts} reads and writes; it is retried in a moment: "
            + race!.Message, race);
    }

    /// <returns>The conflict with a concurrent writer; null when everything was written.</returns>
    private async ValueTask<MeshRaceException?> WriteAsync(
        IMeshDialect dialect, ClusterTarget target, ServiceRoute route, WantedSplit wanted, RouteLook look, ImmutableArray<MeshEdit> edits,
        CancellationToken stop)
    {
        var objects = parts.Homes.ObjectsOf(dialect);
        var by = Drift.FieldManagerOn(look.Scene, dialect)?.Mark;
        var (before, written) = (kept.Ledger, 0);
        kept = kept with { Clean = null };
        var note = new LedgerEntry(target.Route.ToString(), route.Generation, look.Found?.Rounded, wanted.Shares, by)
        {
            Stable = wanted.Stable.Service,
            Rollout = route.RolloutId,
            Abort = kept.Abort,
        };
        await NoteAsync(target, note, wanted, look.Found, stop);
        try
        {
            for (; written < edits.Length; written++) await objects.WriteAsync(target.Namespace, edits[written], stop);
            kept = kept.Done(wanted, route, hasWritten: true, parts.Clock);
            Drift.Written();
            return null;
        }
        catch (MeshRaceException lost)
        {
            // Nothing was written, so the concurrent change has to be compared with the previous entry.
            if (written == 0) kept = kept with { Ledger = kept.Ledger with { Entry = before.Entry, IsInDoubt = before.IsInDoubt } };
            return lost;
        }
    }

    /// <summary>
    /// Saves the ledger entry of a write that follows. If that fails, a split that raises the candidate is not written; one that only
    /// lowers it is.
    /// </summary>
    private async ValueTask NoteAsync(ClusterTarget target, LedgerEntry next, WantedSplit wanted, LiveShares? found, CancellationToken stop)
    {
        var (state, fault) = await ledger.SaveAsync(kept.Ledger, target, next, stop);
        kept = kept with { Ledger = state };
        var isRaise = found is null || wanted.Highest > found.Of(wanted.Candidate?.Service) || wanted.Shadow > found.Shadow;
        if (fault is not null && isRaise) throw new MeshException(MeshFault.Unreachable, state.Trouble!, fault);
        kept = kept with { Ledger = state with { Entry = next, IsInDoubt = true } };
    }

    private async ValueTask<RouteLook> LookAsync(
        IMeshDialect dialect, ClusterTarget target, WantedSplit wanted, bool isFresh, CancellationToken stop)
    {
        var look = await reader.LookAsync(dialect, target, wanted, kept.Ledger, isFresh, stop);
        kept = kept with { Ledger = look.Ledger };
        return look;
    }

    private async ValueTask OpenBookAsync(ClusterTarget target, CancellationToken stop)
    {
        kept = kept.At(target.Route);
        var (state, abort) = await ledger.ReadAsync(kept.Ledger, target, stop);
        kept = kept with { Ledger = state, Abort = kept.Abort ?? abort };
    }

    /// <summary>The split to write. It removes a mirror that the controller may have written; mirrors of others are not touched.</summary>
    private WantedSplit Want(ClusterTarget target, ServiceRoute route)
    {
        var withheld = kept.Abort is null ? route : route with { Exposure = Exposure.None };
        var wanted = WantedSplit.Of(target, parts.Targets.CohortsOf(service), withheld);
        return wanted.Shadow is null && kept.Ledger.HasShadow ? wanted with { Shadow = Weights.AllStable } : wanted;
    }

    private static MeshException NoMirror(ClusterTarget target) => new(
        MeshFault.Unsupported,
        $"{target.Route}: the routing object can send no copies of requests; shadow steps work with {DialectList.Mirroring}. "
        + "Leave them out, or use such a route");
}
