using System.Diagnostics;
using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Core.Rollouts;

/// <summary>Decides what a rollout does next. A pure function: it has no side effects, and equal inputs give equal decisions.</summary>
/// <remarks>
/// A decision answers at most one <see cref="Wish"/>: an abort if there is one, otherwise the oldest; the others stay pending for the
/// next round. While an input is unknown (null in <see cref="Seen"/>) the rollout holds: it neither advances nor rolls back. If the
/// input is still unknown at the step's deadline, the rollout pauses, whatever <see cref="UnsurePolicy.Then"/> says.
/// </remarks>
public static class RolloutEngine
{
    /// <summary>How long the candidate may have no live endpoint before the rollout rolls back.</summary>
    public static readonly TimeSpan GoneLimit = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a candidate may be missing from the configuration before its first step, so that a half-edited file ends no rollout.
    /// </summary>
    public static readonly TimeSpan WithdrawnLimit = TimeSpan.FromMinutes(1);

    /// <summary>How long a weight may stay unconfirmed before the rollout pauses, in the rollout's elapsed time.</summary>
    public static readonly TimeSpan ConfirmLimit = TimeSpan.FromMinutes(10);

    /// <summary>The next decision for an active rollout. The switch is the decision table: the first row that matches decides.</summary>
    public static Decision Decide(RolloutState state, Seen seen, Moment now)
    {
        state = GateRules.Note(state, seen, now);
        var at = new DecisionContext(state, seen, now);
        return (state.Phase, seen) switch
        {
            ({ IsFinal: true }, { Wishes: [var wish, ..] }) => at.Refuse(wish, $"rollout {state.Id} is over"),
            ({ IsFinal: true } phase, _) => at.Hold("hold", $"rollout {state.Id} is over: {phase.Name}"),

            // Rolling back: nothing is awaited but the router's confirmation of weight 0.
            (Phase.RollingBack back, _) when at.IsInForce =>
                at.Go(Finish(back), "rolled-back", $"{back.Why}; the router confirms weight 0{at.ConfirmedWords}"),
            (Phase.RollingBack, { Wishes: [var wish, ..] }) => WishRules.WhileGoingBack(at, wish),
            (Phase.RollingBack back, _) => at.Hold("wait", $"{back.Why}; waits until the router confirms weight 0 ({at.RouterWords})"),

            // Reasons to take the candidate's traffic away, most urgent first.
            _ when at.FindWish(WishKind.Abort) is { } abort => WishRules.Abort(at, abort),
            (_, { Trip: { } trip }) when trip.RolloutId == state.Id =>
                at.GoBack(RollbackCause.Breaker, $"the safety breaker tripped at {at.Share}: {trip.Why}"),
            ({ IsExposed: true }, { Judgement: { Verdict: Judging.Verdict.Fail } bad }) =>
                at.GoBack(RollbackCause.Verdict, $"{state.Candidate} failed at {at.Share}: {bad.Reason}"),
            // On a cluster, a newer version has replaced the candidate: its missing endpoints are not a failure of the candidate.
            (_, { NewerVersion: { } newer, WithdrawnFor: not null }) when at.IsBeforeAll && seen.Listing != Listing.File =>
                Supersede(at, newer),
            ({ IsExposed: true }, { CandidateHealth: { Live: 0, GoneFor: { } gone } }) when gone >= GoneLimit =>
                at.GoBack(RollbackCause.TargetGone, $"{state.Candidate} has had no live endpoint for {DurationText.Elapsed(gone)} of "
                    + $"{DurationText.Of(GoneLimit)} at {at.Share}"),

            (_, { Wishes: [var wish, ..] }) => WishRules.Answer(at, wish),

            (_, { NewerVersion: { } newer }) when at.IsBeforeAll => Supersede(at, newer),

            (_, { WithdrawnFor: { } gone }) when at.Step < 0 && gone >= WithdrawnLimit => Withdraw(at, gone),
            ({ IsExposed: true }, { CandidateHealth: { Endpoints: 0 }, WithdrawnFor: not null }) when seen.Listing != Listing.File =>
                TakeOut(at),
            ({ IsExposed: true }, { CandidateHealth: { Endpoints: 0 } }) =>
                at.GoBack(RollbackCause.TargetGone, $"{state.Candidate} is no longer {at.Seen.Listing.Where}, so it has no endpoint, at "
                    + $"{at.Share}"),

            (Phase.Paused paused, _) =>
                at.Hold("hold", $"paused at {at.Share} for {DurationText.Elapsed(at.Since(paused.From))}: {paused.Why}{at.QueueWords}"),
            (Phase.Waiting waiting, _) => StepRules.Begin(at, waiting),
            (Phase.Shifting shifting, _) => StepRules.Confirm(at, shifting),
            (Phase.Observing observing, _) => StepRules.Observe(at, observing),
            (Phase.Baking baking, _) => StepRules.Bake(at, baking),
            _ => throw new UnreachableException(),
        };
    }

    private static Decision Supersede(DecisionContext at, string newer)
    {
        var why = $"{newer} supersedes {at.State.Candidate} at {at.Share}";
        return at.Go(new Phase.RollingBack(RollbackCause.Superseded, why, newer), "supersede", why);
    }

    /// <summary>
    /// The candidate was replaced by something that no rollout is due for. It has not failed but is no longer wanted: superseded.
    /// </summary>
    private static Decision TakeOut(DecisionContext at)
    {
        var gone = $"{at.State.Candidate} is no longer {at.Seen.Listing.Where}";
        var why = $"{gone}, at {at.Share}";
        return at.Go(new Phase.RollingBack(RollbackCause.Superseded, why, $"{at.State.Stable}: {gone}"), "withdraw", why);
    }

    /// <summary>The candidate was withdrawn before its first step. No request has gone to it, so no traffic has to be moved back.</summary>
    private static Decision Withdraw(DecisionContext at, TimeSpan elapsed)
    {
        var gone = $"{at.State.Candidate} is no longer {at.Seen.Listing.Where}";
        var why = $"{gone}, for {DurationText.Elapsed(elapsed)}, and no request has gone to it";
        return at.Go(new Phase.RollingBack(RollbackCause.Superseded, why, $"{at.State.Stable}: {gone}"), "withdraw", why);
    }

    private static Phase Finish(Phase.RollingBack back) => back.Cause switch
    {
        RollbackCause.Abort => new Phase.Aborted(back.Why),
        RollbackCause.Superseded => new Phase.Superseded(back.By ?? "a newer version"),
        RollbackCause.Breaker or RollbackCause.Verdict or RollbackCause.TargetGone or RollbackCause.Unsure
            or RollbackCause.Gate =>
            new Phase.RolledBack(back.Cause, back.Why),
        _ => throw new UnreachableException(),
    };
}
