using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Drift;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

/// <summary>Reads a route's live objects and what they say, and compares that with what was last written.</summary>
internal sealed class RouteReader(string service, MeshParts parts)
{
    public DriftWatch Drift { get; } = new(parts.Settings, parts.Clock);

    /// <summary>No external change is reported from memory or from a watch that lags: the server is asked before.</summary>
    /// <param name="dialect">Of the route.</param>
    /// <param name="target">Of the service.</param>
    /// <param name="wanted">The asked split.</param>
    /// <param name="book">What was last written.</param>
    /// <param name="isFresh">The server is asked in any case.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="MeshException">It cannot be read or understood.</exception>
    public async ValueTask<RouteLook> LookAsync(
        IMeshDialect dialect, ClusterTarget target, WantedSplit wanted, RouteBook book, bool isFresh, CancellationToken stop)
    {
        var objects = parts.Homes.ObjectsOf(dialect);
        var before = Drift.Held;
        try
        {
            var scene = await SceneReader.ReadAsync(objects, dialect, target, service, isFresh, stop);
            var look = Read(dialect, scene, wanted, book);
            if (isFresh || Drift.Held is null || Drift.Held == before) return look;
            book = look.Book;
        }
        catch (MeshException fault) when (fault.IsStructural && !isFresh && Drift.Held != before)
        {
            // It is looked at below.
        }

        return Read(dialect, await SceneReader.ReadAsync(objects, dialect, target, service, isFresh: true, stop), wanted, book);
    }

    private RouteLook Read(IMeshDialect dialect, RouteScene scene, WantedSplit wanted, RouteBook book)
    {
        try
        {
            var found = Ours(dialect.Read(scene), scene.Target, wanted, book);
            var seen = book.Seen(found);
            Drift.Look(scene, dialect, found, seen.Entry, seen.IsInDoubt, wanted);
            return new RouteLook(scene, found, seen);
        }
        catch (MeshException fault) when (fault.IsStructural && book.Entry is not null)
        {
            Drift.LookAtBroken(scene, dialect, fault, wanted);
            throw;
        }
    }

    /// <summary>A shadow that was written is the controller's to take away; of no other mirror does it know.</summary>
    private static LiveShares? Ours(LiveShares? found, ClusterTarget target, WantedSplit wanted, RouteBook book)
    {
        if (found is null || found.Shadow == Weights.AllStable) return found;
        if (wanted.Shadow is null) return found with { Shadow = Weights.AllStable };
        if (target.Mode == RouteMode.Owned || book.HasShadow) return found;
        throw new MeshException(
            MeshFault.Unsupported,
            $"{target.Route} copies {found.Shadow} of the requests to a slot of {target.Service} already, and not by the controller's "
                + "hand; "
            + "remove that mirror, or the shadow steps");
    }
}

/// <param name="Scene">The live objects.</param>
/// <param name="Found">What they say; null when an object of the controller's own was not made yet.</param>
/// <param name="Book">After the look.</param>
internal sealed record RouteLook(RouteScene Scene, LiveShares? Found, RouteBook Book);
