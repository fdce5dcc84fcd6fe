using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Wishing;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>The part that needs no decision: an abort, and what the ledger says of the route where the record cannot be read.</summary>
internal sealed partial class RouteKeeper
{
    /// <summary>Held until it is answered; null without one.</summary>
    private volatile Wish? abort;

    /// <summary>The abort that is held; read from any thread.</summary>
    public Wish? Abort => abort;

    /// <summary>Another route of the service holds it: nothing is written here now, and the candidate gets nothing from here on.</summary>
    public ValueTask<bool> HoldAsync(Wish wish, CancellationToken stop) => AloneAsync(() =>
    {
        abort ??= wish;
        return ValueTask.FromResult(true);
    }, stop);

    /// <summary>Null where it is not known which slot is stable: nothing was ever asked for, and nothing is on record.</summary>
    /// <exception cref="MeshException">It could not be written; it is held, and written when that works.</exception>
    public ValueTask<AbortEffect?> AbortAsync(Wish wish, CancellationToken stop) => AloneAsync<AbortEffect?>(async () =>
    {
        if (parts.Targets.Find(service) is not { } target || (asked ?? await RecallAsync(target, stop)) is not { } route) return null;
        abort ??= wish;
        try
        {
            // Whoever aborts has decided about a drift too.
            drift.Settle();
            await PutAsync(target, route, stop);
            await KeepAbortAsync(target, stop);
            trouble = null;
        }
        catch (MeshException fault)
        {
            (trouble, clean) = (fault.Message, null);
            throw new MeshException(fault.Fault, $"{fault.Message}; the abort is held, and written when that works", fault);
        }

        if (held is { } why) throw new MeshException(MeshFault.NoEndpoints, $"{why}; the abort is held, and written when that works");
        return new AbortEffect(
            route.Stable, route.Candidate, abort, ledgerTrouble is null ? null : $"{ledgerTrouble}: a controller that leads after this one would not know of the abort");
    }, stop);

    /// <exception cref="KubeException">It stays held: the ledger could not be told.</exception>
    public ValueTask<bool> AnsweredAsync(Wish wish, CancellationToken stop) => AloneAsync(async () =>
    {
        if (abort is not { } done || !done.IsSameAs(wish) || parts.Targets.Find(service) is not { } target) return false;
        if (saved is { Abort: not null } last)
        {
            var next = last with { Abort = null };
            await parts.Ledger.SaveAsync(service, target, next, stop);
            saved = next;
        }

        if (entry is not null) entry = entry with { Abort = null };
        (abort, clean) = (null, null);
        return true;
    }, stop);

    /// <summary>What the ledger says, for a reader; null where it says nothing.</summary>
    public ValueTask<RouterStatus?> RecallAsync(CancellationToken stop) => AloneAsync<RouterStatus?>(async () =>
    {
        if (asked is not null) return await ObserveAloneAsync(stop);
        if (parts.Targets.Find(service) is not { } target || await RecallAsync(target, stop) is not { } route) return null;
        var dialect = DialectList.Find(target.Route.Dialect);
        var scene = await SceneReader.ReadAsync(parts.ObjectsOf(dialect), dialect, target, service, isFresh: false, stop);
        var served = Exposure.Of(dialect.Read(scene)?.Of(target.Slots.FirstOrDefault(s => s.Service != entry!.Stable)?.Service) ?? route.Exposure.General);
        return Withheld(new RouterStatus(route, served, health.Of(target, route.Stable), health.Of(target, route.Candidate), null));
    }, stop);

    /// <summary>With what an abort does, also while it cannot be written.</summary>
    private RouterStatus Withheld(RouterStatus status)
    {
        if (abort is null) return status;
        var candidate = status.Route.Candidate;
        var still = status.EffectiveExposure.ReachesCandidate ? $", and gets {status.EffectiveExposure} until that can be written" : "";
        return status with { Abort = abort, Withheld = candidate is null ? null : $"{candidate} gets 0 % by {AbortWords.Unrecorded(abort)}{still}" };
    }

    /// <summary>The route that was last written, with its roles; null where nothing was, or by an older build, which kept no roles.</summary>
    /// <exception cref="MeshException">It cannot be read, or nothing runs behind the stable slot.</exception>
    private async ValueTask<ServiceRoute?> RecallAsync(ClusterTarget target, CancellationToken stop)
    {
        Follow(target);
        await ReadLedgerAsync(target, stop);
        if (entry is not { Stable: { } slot } last || target.Slots.FirstOrDefault(s => s.Service == slot) is not { } stable) return null;
        if (stable.Version is not { } version)
            throw new MeshException(MeshFault.NoSlot, $"no single version runs behind Service {target.Namespace}/{slot}, which was stable when {target.Route} was last written; the split stays as it is");
        var other = target.Slots.FirstOrDefault(s => s.Service != slot);
        return last.Rollout is { } rollout && other?.Version is { } candidate
            ? new ServiceRoute(key, last.Generation, version, candidate, rollout, Exposure.Of(Weights.OfCandidate(Math.Min(Weights.Total, last.Now.Share(other.Service)))))
            : ServiceRoute.Idle(key, last.Generation, version);
    }

    /// <summary>Where the split said 0 already nothing was noted; the abort is nevertheless to outlive this process.</summary>
    private async ValueTask KeepAbortAsync(ClusterTarget target, CancellationToken stop)
    {
        if (saved?.Abort == abort || entry is null) return;
        var next = entry with { Route = target.Route.ToString(), Abort = abort };
        try
        {
            await parts.Ledger.SaveAsync(service, target, next, stop);
            (entry, saved, ledgerTrouble) = (next, next, null);
        }
        catch (KubeException fault)
        {
            ledgerTrouble = $"what is written to {target.Route} cannot be put on record: {fault.Message}";
        }
    }
}
