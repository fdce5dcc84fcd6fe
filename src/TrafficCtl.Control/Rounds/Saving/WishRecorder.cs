using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Control.Rounds.Troubles;

namespace TrafficCtl.Control.Rounds.Saving;

/// <summary>
/// Records the wish of a plan: that of whoever changed the routing object, or of an abort that came while the store was gone.
/// </summary>
internal sealed class WishRecorder(IStore store, StoreAccess access, Faults faults)
{
    /// <returns>
    /// Whether it is recorded; and the next state: without it that of the target as it was seen, so that the wish is planned
    /// again.
    /// </returns>
    public async ValueTask<(bool IsRecorded, TargetState State)> RecordAsync(RoundPlan plan, CancellationToken stop)
    {
        var seen = plan.Target.State;
        if (plan.Wish is not { } wish || !access.IsOpen) return (false, seen);
        try
        {
            var recorded = await store.RecordWishAsync(wish, stop);
            var known = plan.State.Known;
            return (true, plan.State with { Known = known with { Wishes = known.Wishes.Add(recorded) } });
        }
        catch (StoreUnavailableException fault)
        {
            return (false, faults.Unavailable(seen, fault));
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            return (false, faults.Add(seen, fault));
        }
    }
}
