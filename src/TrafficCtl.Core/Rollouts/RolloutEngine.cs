using System.Diagnostics;
using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Core.Rollouts;

/// <summary>Decides; does nothing. The same inputs give the same decision.</summary>
/// <remarks>
/// One wish is answered by one decision: the oldest, except that an abort goes first; the others stay pending for the next round.
/// Unknown (null in <see cref="Seen"/>) holds: it never advances and never rolls back, and at the step's deadline it pauses
/// whatever outcome is declared.
/// </remarks>
public static class RolloutEngine
{
    /// <summary>The candidate may be without a live endpoint for this long before the rollout goes back.</summary>
    public static readonly TimeSpan GoneLimit = TimeSpan.FromSeconds(10);

    /// <summary>A candidate may be unlisted for this long before its first step: a file that is being edited is no decision.</summary>
    public static readonly TimeSpan WithdrawnLimit = TimeSpan.FromMinutes(1);

    /// <summary>A weight may stay unconfirmed for this long, of the rollout's elapsed time, before the rollout pauses.</summary>
    public static readonly TimeSpan ConfirmLimit = TimeSpan.FromMinutes(10);

    /// <summary>The next decision for an active rollout.</summary>
    public static Decision Decide(RolloutState state, Seen seen, Moment now)
    {
        var at = new Situation(state, seen, now);
        return (state.Phase, seen) switch
        {
            ({ IsFinal: true }, { Wishes: [var wish, ..] }) => at.Refuse(wish, $"rollout {state.Id} is over"),
            ({ IsFinal: true } phase, _) => at.Hold("hold", $"rollout {state.Id} is over: {phase.Name}"),

            // Going back: only the router's word is awaited.
            (Phase.RollingBack back, _) when at.IsInForce =>
                at.Go(Finish(back), "rolled-back", $"{back.Why}; the router confirms weight 0{at.ConfirmedWords}"),
            (Phase.RollingBack, { Wishes: [var wish, ..] }) => WishRows.WhileGoingBack(at, wish),
            (Phase.RollingBack back, _) => at.Hold("wait", $"{back.Why}; waits until the router confirms weight 0 ({at.RouterWords})"),

            // What takes the candidate away, most urgent first.
            _ when at.FindWish(WishKind.Abort) is { } abort => WishRows.Abort(at, abort),
            (_, { Trip: { } trip }) when trip.RolloutId == state.Id =>
                at.GoBack(RollbackCause.Breaker, $"the safety breaker tripped at {at.Share}: {trip.Why}"),
            ({ IsExposed: true }, { Judgement: { Verdict: Judging.Verdict.Fail } bad }) =>
                at.GoBack(RollbackCause.Verdict, $"{state.Candidate} failed at {at.Share}: {bad.Reason}"),
            // Another version was put in the candidate's place: that it has no endpoint any more is no failure of it.
            (_, { NewerVersion: { } newer, WithdrawnFor: not null }) when at.IsBeforeAll && seen.Listing != Listing.File =>
                Supersede(at, newer),
            ({ IsExposed: true }, { CandidateHealth: { Live: 0, GoneFor: { } gone } }) when gone >= GoneLimit =>
                at.GoBack(RollbackCause.TargetGone, $"{state.Candidate} has had no live endpoint for {DurationText.Elapsed(gone)} of "
                    + $"{DurationText.Of(GoneLimit)} at {at.Share}"),

            (_, { Wishes: [var wish, ..] }) => WishRows.Answer(at, wish),

            (_, { NewerVersion: { } newer }) when at.IsBeforeAll => Supersede(at, newer),

            (_, { WithdrawnFor: { } gone }) when at.Step < 0 && gone >= WithdrawnLimit => Withdraw(at, gone),
            ({ IsExposed: true }, { CandidateHealth: { Endpoints: 0 }, WithdrawnFor: not null }) when seen.Listing != Listing.File =>
                TakeOut(at),
            ({ IsExposed: true }, { CandidateHealth: { Endpoints: 0 } }) =>
                at.GoBack(RollbackCause.TargetGone, $"{state.Candidate} is no longer {at.Seen.Listing.Where}, so it has no endpoint, at "
                    + $"{at.Share}"),

            (Phase.Paused paused, _) =>
                at.Hold("hold", $"paused at {at.Share} for {DurationText.Elapsed(at.Since(paused.From))}: {paused.Why}{at.QueueWords}"),
            (Phase.Waiting waiting, _) => StepRows.Begin(at, waiting),
            (Phase.Shifting shifting, _) => StepRows.Confirm(at, shifting),
            (Phase.Observing observing, _) => StepRows.Observe(at, observing),
            (Phase.Baking baking, _) => StepRows.Bake(at, baking),
            _ => throw new UnreachableException(),
        };
    }

    private static Decision Supersede(Situation at, string newer)
    {
        var why = $"{newer} supersedes {at.State.Candidate} at {at.Share}";
        return at.Go(new Phase.RollingBack(RollbackCause.Superseded, why, newer), "supersede", why);
    }

    /// <summary>
    /// Something else stands in its place that no rollout is due for: the candidate has not failed, and is wanted no longer.
    /// </summary>
    private static Decision TakeOut(Situation at)
    {
        var gone = $"{at.State.Candidate} is no longer {at.Seen.Listing.Where}";
        var why = $"{gone}, at {at.Share}";
        return at.Go(new Phase.RollingBack(RollbackCause.Superseded, why, $"{at.State.Stable}: {gone}"), "withdraw", why);
    }

    /// <summary>No user has met it, so there is nothing to go back from.</summary>
    private static Decision Withdraw(Situation at, TimeSpan elapsed)
    {
        var gone = $"{at.State.Candidate} is no longer {at.Seen.Listing.Where}";
        var why = $"{gone}, for {DurationText.Elapsed(elapsed)}, and no request has gone to it";
        return at.Go(new Phase.RollingBack(RollbackCause.Superseded, why, $"{at.State.Stable}: {gone}"), "withdraw", why);
    }

    private static Phase Finish(Phase.RollingBack back) => back.Cause switch
    {
        RollbackCause.Abort => new Phase.Aborted(back.Why),
        RollbackCause.Superseded => new Phase.Superseded(back.By ?? "a newer version"),
        RollbackCause.Breaker or RollbackCause.Verdict or RollbackCause.TargetGone or RollbackCause.Unsure =>
            new Phase.RolledBack(back.Cause, back.Why),
        _ => throw new UnreachableException(),
    };
}
