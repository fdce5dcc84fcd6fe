using System.Diagnostics;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.Journaling;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Rounds.Deciding;

/// <summary>
/// What an external change of the split means for the rollout: a pause or an abort is asked for once, in the name of whoever made
/// it.
/// </summary>
internal static class DriftAnswers
{
    private const string From = "the routing object";

    /// <param name="state">The state of a target whose record is known.</param>
    /// <param name="router">What it said in this round; null when it gave no answer.</param>
    /// <param name="now">The time of day.</param>
    /// <returns>The state in which the drift is answered, once the wish is recorded; null when nothing is asked for.</returns>
    public static (TargetState State, Wish? Wish) Answer(TargetState state, RouterStatus? router, DateTimeOffset now)
    {
        if (state.Known.Record is not { } record) return (state, null);
        var routed = state.Routed;
        if (router?.Drift is not { } drift) return (routed.Drift is null ? state : state.With(routed with { Drift = null }), null);
        if (routed.Drift == drift) return (state.With(SettleWhenResumed(routed, record)), null);

        var wish = record.Active is { } active && WishOf(drift.Answer, active.Phase) is { } kind
            ? new Wish(0, active.Key, kind, null, drift.Who, drift.Text, From, now)
            : null;
        // Told now, and not with the next decision: that may take as long as the step does.
        var fact = record.Active is { } under ? Facts.Drifted(under, drift, now) : Facts.Drifted(record, drift, now);
        routed = routed with { Drift = drift, IsPausedForDrift = false };
        return (state with { Routed = routed, Pending = state.Pending.AddUrgent(fact) }, wish);
    }

    /// <summary>Whoever resumes while a drift lasts has decided: the asked split is written again.</summary>
    private static Routed SettleWhenResumed(Routed routed, ServiceRecord record)
    {
        if (record.Active?.Phase is Phase.Paused) return routed.IsPausedForDrift ? routed : routed with { IsPausedForDrift = true };
        return routed.IsPausedForDrift ? routed with { IsPausedForDrift = false, MustSettle = true } : routed;
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
