using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Ledger;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

/// <summary>Reads and saves the state of one service's route in the ledger. Each call returns the updated state.</summary>
internal sealed class LedgerClient(string service, IRouteLedger ledger)
{
    /// <summary>Reads the ledger, unless the state was read before.</summary>
    /// <returns>The state, and the abort that the ledger has for the service; null without one.</returns>
    /// <exception cref="MeshException">The ledger does not answer.</exception>
    public async ValueTask<(LedgerState Ledger, Wish? Abort)> ReadAsync(LedgerState state, ClusterTarget target, CancellationToken stop)
    {
        if (state.IsRead) return (state, null);
        try
        {
            var last = await ledger.FindAsync(service, target, stop);
            var isOfRoute = last?.Route == target.Route.ToString();
            var read = isOfRoute ? state with { Entry = last, Saved = last, IsInDoubt = true } : state;
            return (read with { IsRead = true }, last?.Abort);
        }
        catch (KubeException fault)
        {
            throw new MeshException(
                MeshFault.Unreachable,
                $"what was last written to {target.Route} cannot be read, so it is unknown who changed it last: {fault.Message}", fault);
        }
    }

    /// <summary>Saves an entry if the ledger does not have it yet.</summary>
    /// <returns>The state, with <see cref="LedgerState.Trouble"/> and the fault where it could not be saved.</returns>
    public async ValueTask<(LedgerState Ledger, KubeException? Fault)> SaveAsync(
        LedgerState state, ClusterTarget target, LedgerEntry next, CancellationToken stop)
    {
        try
        {
            if (next != state.Saved) await ledger.SaveAsync(service, target, next, stop);
            return (state with { Saved = next, Trouble = null }, null);
        }
        catch (KubeException fault)
        {
            return (state with { Trouble = $"what is written to {target.Route} cannot be put on record: {fault.Message}" }, fault);
        }
    }

    /// <summary>Saves the abort even if the split was 0 already and no write saved it, so that it outlives this process.</summary>
    public async ValueTask<LedgerState> KeepAbortAsync(LedgerState state, ClusterTarget target, Wish? abort, CancellationToken stop)
    {
        if (state.Saved?.Abort == abort || state.Entry is null) return state;
        var next = state.Entry with { Route = target.Route.ToString(), Abort = abort };
        var (saved, fault) = await SaveAsync(state, target, next, stop);
        return fault is null ? saved with { Entry = next } : saved;
    }

    /// <summary>Removes an answered abort from the ledger and from the state.</summary>
    /// <exception cref="KubeException">The ledger could not be written.</exception>
    public async ValueTask<LedgerState> ForgetAbortAsync(LedgerState state, ClusterTarget target, CancellationToken stop)
    {
        if (state.Saved is { Abort: not null } last)
        {
            var next = last with { Abort = null };
            await ledger.SaveAsync(service, target, next, stop);
            state = state with { Saved = next };
        }

        return state.Entry is { } entry ? state with { Entry = entry with { Abort = null } } : state;
    }
}
