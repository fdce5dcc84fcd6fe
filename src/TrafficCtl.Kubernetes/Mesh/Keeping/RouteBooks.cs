using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Ledger;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

/// <summary>Reads and saves the book of one service's route in the ledger. Each call returns the updated book.</summary>
internal sealed class RouteBooks(string service, IRouteLedger ledger)
{
    /// <summary>Reads the ledger, unless the book was read before.</summary>
    /// <returns>The book, and the abort that the ledger has for the service; null without one.</returns>
    /// <exception cref="MeshException">The ledger does not answer.</exception>
    public async ValueTask<(RouteBook Book, Wish? Abort)> ReadAsync(RouteBook book, ClusterTarget target, CancellationToken stop)
    {
        if (book.IsRead) return (book, null);
        try
        {
            var last = await ledger.FindAsync(service, target, stop);
            var isOfRoute = last?.Route == target.Route.ToString();
            var read = isOfRoute ? book with { Entry = last, Saved = last, IsInDoubt = true } : book;
            return (read with { IsRead = true }, last?.Abort);
        }
        catch (KubeException fault)
        {
            throw new MeshException(
                MeshFault.Unreachable,
                $"what was last written to {target.Route} cannot be read, so nobody can tell whose hand is on it: {fault.Message}", fault);
        }
    }

    /// <summary>Saves an entry if the ledger does not have it yet.</summary>
    /// <returns>The book, with <see cref="RouteBook.Trouble"/> and the fault where it could not be saved.</returns>
    public async ValueTask<(RouteBook Book, KubeException? Fault)> SaveAsync(
        RouteBook book, ClusterTarget target, LedgerEntry next, CancellationToken stop)
    {
        try
        {
            if (next != book.Saved) await ledger.SaveAsync(service, target, next, stop);
            return (book with { Saved = next, Trouble = null }, null);
        }
        catch (KubeException fault)
        {
            return (book with { Trouble = $"what is written to {target.Route} cannot be put on record: {fault.Message}" }, fault);
        }
    }

    /// <summary>Saves the abort even if the split was 0 already and no write saved it, so that it outlives this process.</summary>
    public async ValueTask<RouteBook> KeepAbortAsync(RouteBook book, ClusterTarget target, Wish? abort, CancellationToken stop)
    {
        if (book.Saved?.Abort == abort || book.Entry is null) return book;
        var next = book.Entry with { Route = target.Route.ToString(), Abort = abort };
        var (saved, fault) = await SaveAsync(book, target, next, stop);
        return fault is null ? saved with { Entry = next } : saved;
    }

    /// <summary>Removes an answered abort from the ledger and from the book.</summary>
    /// <exception cref="KubeException">The ledger could not be written.</exception>
    public async ValueTask<RouteBook> ForgetAbortAsync(RouteBook book, ClusterTarget target, CancellationToken stop)
    {
        if (book.Saved is { Abort: not null } last)
        {
            var next = last with { Abort = null };
            await ledger.SaveAsync(service, target, next, stop);
            book = book with { Saved = next };
        }

        return book.Entry is { } entry ? book with { Entry = entry with { Abort = null } } : book;
    }
}
