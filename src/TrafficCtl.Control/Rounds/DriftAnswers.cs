using System.Diagnostics;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Targets;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Rounds;

/// <summary>What somebody else's hand on the split means for the rollout: a pause or an abort is asked for once, in that hand's name.</summary>
internal sealed class DriftAnswers(IStore store, TargetDrivers drivers, TimeProvider clock)
{
    private const string From = "the routing object";

    /// <exception cref="StoreUnavailableException">Nothing was recorded; the same drift is answered in a later round.</exception>
    public async ValueTask AnswerAsync(Track track, CancellationToken stop)
    {
        if (track.Router?.Drift is not { } drift)
        {
            track.Drift = null;
            return;
        }

        if (track.Drift == drift)
        {
            SettleWhenResumed(track);
            return;
        }

        // Told now, and not with the next decision: that may take as long as the step does.
        track.MustNote = true;
        if (track.Record?.Active is { } active)
        {
            var now = clock.GetUtcNow();
            if (WishOf(drift.Answer, active.Phase) is { } kind)
            {
                await store.RecordWishAsync(new Wish(0, active.Key, kind, null, drift.Who, drift.Text, From, now), stop);
                track.MustAsk = true;
            }

            track.Notes.Add(Facts.Drifted(active, drift, now));
        }
        else if (track.Record is { } idle)
        {
            track.Notes.Add(Facts.Drifted(idle, drift, clock.GetUtcNow()));
        }

        (track.Drift, track.IsPausedForDrift) = (drift, false);
    }

    /// <summary>Whoever resumes in the face of a drift has decided: the asked split is written again.</summary>
    private void SettleWhenResumed(Track track)
    {
        if (track.Record?.Active?.Phase is Phase.Paused)
        {
            track.IsPausedForDrift = true;
            return;
        }

        if (!track.IsPausedForDrift) return;
        track.IsPausedForDrift = false;
        drivers.Of(track.Key).Router.Settle(track.Key);
    }

    /// <summary>Null when nothing is to be asked for.</summary>
    private static WishKind? WishOf(DriftAnswer answer, Phase phase) => answer switch
    {
        DriftAnswer.Correct or DriftAnswer.Adopt => null,
        DriftAnswer.Pause => phase is Phase.Paused ? null : WishKind.Pause,
        DriftAnswer.Abort => WishKind.Abort,
        _ => throw new UnreachableException(),
    };
}
