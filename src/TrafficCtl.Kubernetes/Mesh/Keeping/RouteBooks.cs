using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Ledger;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

/// <summary>Reads and saves the book of one service's route in the ledger; each call returns the book as it is then.</summary>
internal sealed class RouteBooks(string service, IRouteLedger ledger)
{
    /// <summary>Asks the ledger once.</summary>
    /// <returns>The book, and the abort that is on record for the service; null without one.</returns>
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

    /// <summary>Saves an entry that the ledger does not have.</summary>
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

    /// <summary>Where the split said 0 already nothing was noted; the abort is nevertheless to outlive this process.</summary>
    public async ValueTask<RouteBook> KeepAbortAsync(RouteBook book, ClusterTarget target, Wish? abort, CancellationToken stop)
    {
        if (book.Saved?.Abort == abort || book.Entry is null) return book;
        var next = book.Entry with { Route = target.Route.ToString(), Abort = abort };
        var (saved, fault) = await SaveAsync(book, target, next, stop);
        return fault is null ? saved with { Entry = next } : saved;
    }

    /// <summary>The abort is answered: neither the ledger nor this process has it any more.</summary>
    /// <exception cref="KubeException">The ledger could not be told.</exception>
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
