using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Wishing;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Rounds;

/// <summary>Records an abort that the router carries out already and the store does not know: once, also when the process died in between.</summary>
internal sealed class AbortRecorder(IStore store, OpenAborts open)
{
    private const int FactsBack = 200;

    /// <returns>False while the store does not know it: nothing may be decided before.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was recorded; it is retried in a later round.</exception>
    public async ValueTask<bool> RecordAsync(Track track, CancellationToken stop)
    {
        if (track.Router?.Abort is not { } held) return true;
        var abort = held with { Key = track.Key };
        if (track.AnsweredAbort?.IsSameAs(held) == true) return true;
        if (track.MustLoad || open.Contains(abort)) return false;

        // Asked anew: what was recorded a moment ago is not among the wishes that the round began with.
        track.Wishes = await store.PendingWishesAsync(track.Key, stop);
        if (track.Wishes.Any(w => w.IsSameAs(abort))) return true;
        if (await IsAnsweredAsync(track, abort, stop))
        {
            track.AnsweredAbort = held;
            return true;
        }

        track.Wishes = track.Wishes.Add(await store.RecordWishAsync(abort, stop));
        return true;
    }

    private async ValueTask<bool> IsAnsweredAsync(Track track, Wish abort, CancellationToken stop)
    {
        foreach (var fact in await store.FactsAsync(new FactQuery(track.Key, Limit: FactsBack), stop))
            if (Facts.IsAnswerTo(fact, abort)) return true;
        return false;
    }
}
