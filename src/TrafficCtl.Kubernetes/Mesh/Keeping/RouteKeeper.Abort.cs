using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Dialects;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

/// <summary>Works without a decision of the engine: aborts, and the status from the ledger while the record cannot be read.</summary>
internal sealed partial class RouteKeeper
{
    /// <summary>The abort that is in effect, null without one; read from any thread.</summary>
    public Wish? Abort => kept.Abort;

    /// <summary>
    /// Another route of the service has taken this abort: writes nothing now, but gives the candidate no traffic from here on.
    /// </summary>
    public ValueTask<bool> HoldAsync(Wish wish, CancellationToken stop) => AloneAsync(() =>
    {
        kept = kept with { Abort = kept.Abort ?? wish };
        return ValueTask.FromResult(true);
    }, stop);

    /// <returns>Null when the stable slot is unknown: no route was ever requested, and the ledger has none.</returns>
    /// <exception cref="MeshException">The split could not be written; the abort is kept, and written as soon as possible.</exception>
    public ValueTask<AbortEffect?> AbortAsync(Wish wish, CancellationToken stop) => AloneAsync<AbortEffect?>(async () =>
    {
        if (parts.Targets.Find(service) is not { } target || (kept.Asked ?? await RecallAsync(target, stop)) is not { } route) return null;
        kept = kept with { Abort = kept.Abort ?? wish };
        try
        {
            // An abort also decides about a drift.
            Drift.Settle();
            await PutAsync(target, route, stop);
            kept = kept with { Ledger = await ledger.KeepAbortAsync(kept.Ledger, target, kept.Abort, stop), Trouble = null };
        }
        catch (MeshException fault)
        {
            kept = kept.Failed(fault);
            throw new MeshException(fault.Fault, $"{fault.Message}; the abort is held, and written when that works", fault);
        }

        if (kept.Held is { } why) throw new MeshException(MeshFault.NoEndpoints, $"{why}; the abort is held, and written when that works");
        var warning = kept.Ledger.Trouble is { } trouble
            ? $"{trouble}: the next leader would not know of the abort"
            : null;
        return new AbortEffect(route.Stable, route.Candidate, kept.Abort!, warning);
    }, stop);

    /// <exception cref="KubeException">The ledger could not be written; the abort stays in effect.</exception>
    public ValueTask<bool> AnsweredAsync(Wish wish, CancellationToken stop) => AloneAsync(async () =>
    {
        if (kept.Abort is not { } done || !done.IsSameAs(wish) || parts.Targets.Find(service) is not { } target) return false;
        kept = kept with { Ledger = await ledger.ForgetAbortAsync(kept.Ledger, target, stop), Abort = null, Clean = null };
        return true;
    }, stop);

    /// <summary>The status according to the ledger, for display; null when the ledger has no entry.</summary>
    public ValueTask<RouterStatus?> RecallAsync(CancellationToken stop) => AloneAsync<RouterStatus?>(async () =>
    {
        if (kept.Asked is not null) return await ObserveAloneAsync(stop);
        if (parts.Targets.Find(service) is not { } target || await RecallAsync(target, stop) is not { } route) return null;
        var dialect = DialectList.Find(target.Route.Dialect);
        var scene = await SceneReader.ReadAsync(parts.Homes.ObjectsOf(dialect), dialect, target, service, isFresh: false, stop);
        var other = target.Slots.FirstOrDefault(s => s.Service != kept.Ledger.Entry!.Stable)?.Service;
        var served = Exposure.Of(dialect.Read(scene)?.Of(other) ?? route.Exposure.General);
        var status = new RouterStatus(route, served, health.Of(target, route.Stable), health.Of(target, route.Candidate), null);
        return KeptStatus.Withheld(status, kept);
    }, stop);

    /// <summary>
    /// The route that was last written, with its stable and candidate; null when none was written, or only by an older build, which did not
    /// save those.
    /// </summary>
    /// <exception cref="MeshException">The ledger cannot be read, or no single version runs behind the stable slot.</exception>
    private async ValueTask<ServiceRoute?> RecallAsync(ClusterTarget target, CancellationToken stop)
    {
        await OpenBookAsync(target, stop);
        if (kept.Ledger.Entry is not { Stable: { } slot } last || target.Slots.FirstOrDefault(s => s.Service == slot) is not { } stable)
            return null;
        if (stable.Version is not { } version)
        {
            throw new MeshException(
                MeshFault.NoSlot,
                $"no single version runs behind Service {target.Namespace}/{slot}, which was stable when {target.Route} was last written; "
                + "the split stays as it is");
        }

        var other = target.Slots.FirstOrDefault(s => s.Service != slot);
        if (last.Rollout is not { } rollout || other?.Version is not { } candidate) return ServiceRoute.Idle(key, last.Generation, version);
        var share = Weights.OfCandidate(Math.Min(Weights.Total, last.Now.Share(other.Service)));
        return new ServiceRoute(key, last.Generation, version, candidate, rollout, Exposure.Of(share));
    }
}
