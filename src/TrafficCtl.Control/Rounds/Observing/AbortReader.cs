using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.Journaling;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Control.Wishing;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Rounds.Observing;

/// <summary>
/// Finds out whether the store knows an abort that the router is carrying out, so that the abort is recorded exactly once, even if the
/// process crashed in between.
/// </summary>
internal sealed class AbortReader(IStore store, OpenAborts open)
{
    /// <summary>How many of the newest facts are searched for the answer to an abort.</summary>
    private const int FactsBack = 200;

    /// <param name="key">Whose router.</param>
    /// <param name="state">The state of the target.</param>
    /// <param name="held">The abort that the router holds.</param>
    /// <param name="stop">Ends the reading.</param>
    /// <returns>
    /// The next state, whether a decision may be made, and the abort to be recorded first: null when it is recorded, or about to be.
    /// </returns>
    /// <exception cref="StoreUnavailableException">The store is unavailable; a later round reads it again.</exception>
    public async ValueTask<(TargetState State, bool IsKnown, Wish? Unrecorded)> ReadAsync(
        TargetKey key, TargetState state, Wish held, CancellationToken stop)
    {
        var abort = held with { Key = key };
        if (state.Routed.AnsweredAbort?.IsSameAs(held) == true) return (state, true, null);
        if (state.Known.MustLoad || open.Contains(abort)) return (state, false, null);

        // Read again: a wish that was recorded a moment ago is missing from those that this round read at its start.
        state = state with { Known = state.Known with { Wishes = await store.PendingWishesAsync(key, stop) } };
        if (state.Known.Wishes.Any(w => w.IsSameAs(abort))) return (state, true, null);
        return await IsAnsweredAsync(key, abort, stop)
            ? (state with { Routed = state.Routed with { AnsweredAbort = held } }, true, null)
            : (state, false, abort);
    }

    private async ValueTask<bool> IsAnsweredAsync(TargetKey key, Wish abort, CancellationToken stop)
    {
        foreach (var fact in await store.FactsAsync(new FactQuery(key, Limit: FactsBack), stop))
            if (Facts.IsAnswerTo(fact, abort)) return true;
        return false;
    }
}
