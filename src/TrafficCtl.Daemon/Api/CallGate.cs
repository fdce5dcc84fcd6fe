using TrafficCtl.Control.Ports;

namespace TrafficCtl.Daemon.Api;

/// <summary>Stands before the handlers of both protocols: whether this process may answer, and what a store that is gone means.</summary>
internal sealed class CallGate(Readiness readiness, Standby? standby = null)
{
    /// <summary>Null when this process may answer.</summary>
    /// <remarks>A standby knows what is declared and not where it stands: no answer is better than one that looks like the truth.</remarks>
    public Refusal? Closed => readiness.StillUnknown is null && standby?.Invoke() is { } elsewhere
        ? new Refusal(RefusalKind.NotTheLeader, "not the leader", elsewhere)
        : null;

    public async Task<Answer<T>> AskAsync<T>(Func<Task<Answer<T>>> handler)
        where T : class
    {
        if (Closed is { } refusal) return refusal;
        try
        {
            return await handler();
        }
        catch (StoreUnavailableException fault)
        {
            return Refusal.StoreUnavailable(fault.Message);
        }
    }
}
