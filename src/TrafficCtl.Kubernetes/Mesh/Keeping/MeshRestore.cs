using System.Collections.Immutable;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Dialects;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

/// <summary>
/// Releases the controller's ownership of routes, three-way: what still says what was last written is set to all stable (objects of our own
/// are deleted where that moves no traffic), everything else is left and told.
/// </summary>
/// <remarks>Never done at a mere stop: without a controller the last split stays.</remarks>
public sealed class MeshRestore
{
    private readonly MeshParts parts;

    internal MeshRestore(MeshParts parts) => this.parts = parts;

    /// <summary>Every route that something was written to and that was not let go, with what it was told last.</summary>
    /// <exception cref="KubeException">It cannot be read.</exception>
    public async ValueTask<ImmutableArray<RememberedRoute>> RememberedAsync(CancellationToken stop) =>
        [.. (await parts.Ledger.AllAsync(stop)).Select(r => new RememberedRoute(r.Service, r.Entry.Route, r.Entry.Now.ToString()))];

    /// <param name="service">The engine's name.</param>
    /// <param name="stable">The version that all traffic goes to: the store's last good.</param>
    /// <param name="stop">Ends it.</param>
    public ValueTask<Restored> RestoreAsync(string service, string stable, CancellationToken stop) =>
        RestoreAsync(service, stable, isDryRun: false, stop);

    /// <param name="service">The engine's name.</param>
    /// <param name="stable">The version that all traffic goes to: the store's last good.</param>
    /// <param name="isDryRun">Says what would be done, and writes nothing.</param>
    /// <param name="stop">Ends it.</param>
    public async ValueTask<Restored> RestoreAsync(string service, string stable, bool isDryRun, CancellationToken stop)
    {
        if (parts.Targets.Find(service) is not { } target)
            return new Restored(service, RestoreOutcome.Left, "it is not on this cluster; nothing was touched");
        var all = ImmutableArray.CreateBuilder<Restored>();
        for (var index = 0; target.OfRoute(index) is { } part; index++)
            all.Add(await RestoreOneAsync(service, part, stable, isDryRun, stop));
        return all.Count == 1 ? all[0] : Together(service, all.DrainToImmutable());
    }

    /// <summary>One route that could not be restored is no reason to leave the next.</summary>
    private async ValueTask<Restored> RestoreOneAsync(
        string service, ClusterTarget target, string stable, bool isDryRun, CancellationToken stop)
    {
        try
        {
            return await RestoreAsync(service, target, stable, isDryRun, stop);
        }
        catch (Exception fault) when (fault is MeshException or KubeException or MeshRaceException)
        {
            return new Restored(
                service, RestoreOutcome.Failed, $"{target.Route} could not be restored, and stays as it is: {fault.Message}");
        }
    }

    /// <summary>Failed when one did; left alone when all were.</summary>
    private static Restored Together(string service, ImmutableArray<Restored> all) => new(
        service,
        all.Any(r => r.Outcome == RestoreOutcome.Failed) ? RestoreOutcome.Failed
        : all.All(r => r.Outcome == RestoreOutcome.Left) ? RestoreOutcome.Left
        : RestoreOutcome.Restored,
        string.Join("; ", all.Select(r => r.Words)));

    /// <summary>A split that is on no record is somebody's own, or it was written under another Lease.</summary>
    private async ValueTask<string> UnrecordedAsync(string service, ClusterTarget target, string stable, CancellationToken stop)
    {
        try
        {
            var dialect = DialectList.Find(target.Route.Dialect);
            var scene = await SceneReader.ReadAsync(parts.Homes.ObjectsOf(dialect), dialect, target, service, isFresh: true, stop);
            if (dialect.Read(scene) is not { } live
                || live.Of(WantedSplit.Of(target, [], ServiceRoute.Idle(
                    new TargetKey(service, ServiceSpec.DefaultEnvironment), 0, stable)).Stable.Service) == Weights.AllCandidate)
                return "";
            return $", at {live.Rounded}. Where that is a controller's work its record is in another namespace: give --lease-namespace as "
                + "the controller has it, or set the weights by hand";
        }
        catch (MeshException)
        {
            return ""; // What was never ours may be as its owner left it.
        }
    }

    private async ValueTask<Restored> RestoreAsync(
        string service, ClusterTarget target, string stable, bool isDryRun, CancellationToken stop)
    {
        var dialect = DialectList.Find(target.Route.Dialect);
        var objects = parts.Homes.ObjectsOf(dialect);
        var entry = await parts.Ledger.FindAsync(service, target, stop);
        if (entry is null || entry.Route != target.Route.ToString())
            return new Restored(
                service, RestoreOutcome.Left,
                $"nothing was ever written to {target.Route}; it was left as it is{await UnrecordedAsync(service, target, stable, stop)}");
        var scene = await SceneReader.ReadAsync(objects, dialect, target, service, isFresh: true, stop);
        var hasShadow = entry.HasShadow(isInDoubt: true);
        var found = dialect.Read(scene) is { } live ? hasShadow ? live : live with { Shadow = Weights.AllStable } : null;
        if (found is null)
        {
            if (!isDryRun) await parts.Ledger.RemoveAsync(service, target, stop);
            return new Restored(service, RestoreOutcome.Left, $"{target.Route} is gone already");
        }

        if (!found.Rounded.Equals(entry.Now) && !found.Rounded.Equals(entry.Before))
            return new Restored(
                service, RestoreOutcome.Left,
                $"{target.Route} says {found.Rounded}, and {entry.Now} was written: an external change is left as it is");
        var safe = WantedSplit.Of(target, [], ServiceRoute.Idle(new TargetKey(service, ServiceSpec.DefaultEnvironment), 0, stable)) with
        {
            Shadow = hasShadow ? Weights.AllStable : null,
        };
        if (!safe.Stable.IsReady && !found.Rounded.Equals(safe.Shares))
            return new Restored(
                service, RestoreOutcome.Failed,
                $"{target.Route} stays at {found.Rounded}: Service {target.Namespace}/{safe.Stable.Service}, which runs {stable}, has no "
                    + "endpoints for all traffic yet; scale it up and run this again");
        var release = dialect.Release(scene, safe);
        if (!isDryRun)
        {
            foreach (var edit in release.Edits) await objects.WriteAsync(target.Namespace, edit, stop);
            await parts.Ledger.RemoveAsync(service, target, stop);
        }

        return new Restored(
            service, RestoreOutcome.Restored,
            release.Kept ?? (release.Edits.Any(e => e is MeshEdit.Delete)
                ? $"what was the controller's own of {target.Route} is deleted"
                : $"{target.Route} sends everything to {safe.Stable.Service}"));
    }
}

/// <param name="Words">One sentence for a person.</param>
public sealed record Restored(string Service, RestoreOutcome Outcome, string Words);

public enum RestoreOutcome
{
    /// <summary>All traffic is on stable, by our write or as it was.</summary>
    Restored,

    /// <summary>Nothing was touched, and why.</summary>
    Left,

    Failed,
}

/// <param name="Service">The engine's name.</param>
/// <param name="Route">The routing object, as a delivery file names it.</param>
/// <param name="Said">The split that it was told last, for a reader.</param>
public sealed record RememberedRoute(string Service, string Route, string Said);
