using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Drift;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

/// <summary>Reads the live objects of a route and compares their split with the one that was last written.</summary>
internal sealed class RouteReader(string service, MeshParts parts)
{
    public DriftWatch Drift { get; } = new(parts.Settings, parts.Clock);

    /// <summary>
    /// Before an external change is reported, the objects are read from the API server, because a cache or a watch may lag.
    /// </summary>
    /// <param name="dialect">The dialect of the route.</param>
    /// <param name="target">The service's target.</param>
    /// <param name="wanted">The requested split.</param>
    /// <param name="state">What was last written.</param>
    /// <param name="isFresh">Reads from the API server in any case.</param>
    /// <param name="stop">Cancels the read.</param>
    /// <exception cref="MeshException">The objects cannot be read or understood.</exception>
    public async ValueTask<RouteLook> LookAsync(
        IMeshDialect dialect, ClusterTarget target, WantedSplit wanted, LedgerState state, bool isFresh, CancellationToken stop)
    {
        var objects = parts.Homes.ObjectsOf(dialect);
        var before = Drift.Held;
        try
        {
            var scene = await SceneReader.ReadAsync(objects, dialect, target, service, isFresh, stop);
            var look = Read(dialect, scene, wanted, state);
            if (isFresh || Drift.Held is null || Drift.Held == before) return look;
            state = look.Ledger;
        }
        catch (MeshException fault) when (fault.IsStructural && !isFresh && Drift.Held != before)
        {
            // Read again below, from the API server.
        }

        return Read(dialect, await SceneReader.ReadAsync(objects, dialect, target, service, isFresh: true, stop), wanted, state);
    }

    private RouteLook Read(IMeshDialect dialect, RouteScene scene, WantedSplit wanted, LedgerState state)
    {
        try
        {
            var found = Ours(dialect.Read(scene), scene.Target, wanted, state);
            var seen = state.Seen(found);
            Drift.Look(scene, dialect, found, seen.Entry, seen.IsInDoubt, wanted);
            return new RouteLook(scene, found, seen);
        }
        catch (MeshException fault) when (fault.IsStructural && state.Entry is not null)
        {
            Drift.LookAtBroken(scene, dialect, fault, wanted);
            throw;
        }
    }

    /// <summary>Leaves out a mirror that somebody else wrote, and throws if it is in the way of a shadow step.</summary>
    private static LiveShares? Ours(LiveShares? found, ClusterTarget target, WantedSplit wanted, LedgerState state)
    {
        if (found is null || found.Shadow == Weights.AllStable) return found;
        if (wanted.Shadow is null) return found with { Shadow = Weights.AllStable };
        if (target.Mode == RouteMode.Owned || state.HasShadow) return found;
        throw new MeshException(
            MeshFault.Unsupported,
            $"{target.Route} copies {found.Shadow} of the requests to a slot of {target.Service} already, and not by the controller's "
                + "hand; "
            + "remove that mirror, or the shadow steps");
    }
}

/// <param name="Scene">The live objects.</param>
/// <param name="Found">Their split; null when the controller has not created its own object yet.</param>
/// <param name="Ledger">The state after the read.</param>
internal sealed record RouteLook(RouteScene Scene, LiveShares? Found, LedgerState Ledger);
