using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Gates;

namespace TrafficCtl.Core.Rollouts;

/// <summary>The rows of the decision table that move a rollout forward: gate, then dwell or watch, then evidence, then advance.</summary>
internal static class StepRules
{
    /// <summary>Before the first step, a candidate that is not live waits, and so does one whose traffic could not be measured.</summary>
    public static Decision Begin(DecisionContext at, Phase.Waiting waiting)
    {
        if (at.Unready(isFirst: true) is { } unready) return at.Hold("wait", $"waits for {waiting.Gate}: {unready}");
        if (at.ClosedGate is { } gate)
            return GateRules.End(at, gate)
                ?? at.Hold("wait", $"waits for gate {gate.Gate.Name}, which is {gate.Answer.Word}: {GateWords.Of(gate)}");
        if (at.Blind is { } blind)
            return at.Hold("wait", $"waits at 0 % until {at.State.Candidate} can be compared with {at.State.Stable}: {blind}");
        var health = at.Seen.CandidateHealth.GetValueOrDefault();
        return at.Go(new Phase.Shifting(0), "advance",
            $"{at.State.Candidate} begins at {at.ShareOf(0)}: {health.Probed} of {health.Endpoints} endpoints have answered a probe well");
    }

    public static Decision Confirm(DecisionContext at, Phase.Shifting shifting)
    {
        if (!at.IsInForce) return Unconfirmed(at, shifting);
        return shifting.Step < at.StepCount
            ? at.Go(Phase.Observing.Begin(shifting.Step, at.Now), "observe",
                $"{at.Share} is in force at generation {at.State.Generation}{at.ConfirmedWords}")
            : at.Go(Phase.Baking.Begin(at.Now), "promote",
                $"{at.State.Candidate} is promoted: 100 % is in force at generation {at.State.Generation}; "
                + $"the watch of {DurationText.Of(at.Plan.Watch)} begins{at.ConfirmedWords}");
    }

    /// <summary>
    /// It is unknown which weight is in force: holds, then pauses after the limit. All reasons to roll back still apply meanwhile.
    /// </summary>
    private static Decision Unconfirmed(DecisionContext at, Phase.Shifting shifting)
    {
        var elapsed = at.InPhase;
        if (elapsed < RolloutEngine.ConfirmLimit)
        {
            return at.Hold("wait", $"waits until the router confirms {at.Share}: {at.RouterWords}{at.QueueWords}");
        }

        var why = $"nothing has confirmed for {DurationText.Elapsed(elapsed)} that {at.Share} is in force: {at.RouterWords}; "
            + "resume to ask again, promote to go on without, or abort";
        return at.Go(Phase.Paused.Begin(shifting, PauseCause.Unconfirmed, why, at.Now), "pause", $"paused at {at.Share}: {why}");
    }

    public static Decision Observe(DecisionContext at, Phase.Observing observing)
    {
        var step = at.Plan.Steps[at.Step];
        var elapsed = at.Since(observing.From);
        var told = $"{(step.IsHoldback ? "holdback at " : string.Empty)}{at.Share} for {RolloutWords.Span(elapsed, step.Dwell)}; "
            + RolloutWords.Measured(
                at.Seen.Evidence, step.AtLeast, at.Seen.Judgement, step.Shadow is null ? "requests" : "mirrored requests");
        var judged = told + RolloutWords.Judged(at.Seen.Judgement);
        if (at.ClosedGate is { } gate)
            return GateRules.End(at, gate)
                ?? at.Hold("hold", $"gate {gate.Gate.Name} is {gate.Answer.Word}: {GateWords.Of(gate)}; {told}");
        if (elapsed < step.Dwell) return at.Hold("hold", told);
        var needsPass = Population.Of(at.Plan, observing).Comparison == Comparison.Concurrent;
        if (Gap.Find(at, step.AtLeast, needsPass) is { } gap)
            return gap.Settle(
                at, observing.UnsureFrom, told, judged,
                () => Advance(at, $"promoted by the plan past an unsure verdict ({gap.AtDeadline}): {judged}"));
        return Advance(at, judged);
    }

    /// <summary>
    /// With a watch of zero the candidate is good at once; otherwise it needs the watch, health and minimum evidence, as in a step.
    /// </summary>
    public static Decision Bake(DecisionContext at, Phase.Baking baking)
    {
        var watch = at.Plan.Watch;
        if (watch == TimeSpan.Zero) return Good(at, "no watch is asked for");
        var elapsed = at.Since(baking.From);
        var told = $"watch at 100 % for {RolloutWords.Span(elapsed, watch)}; "
            + RolloutWords.Measured(at.Seen.Evidence, at.Plan.AtLeast, at.Seen.Judgement) + at.QueueWords;
        var judged = told + RolloutWords.Judged(at.Seen.Judgement);
        if (elapsed < watch) return at.Hold("hold", told);
        if (Gap.Find(at, at.Plan.AtLeast, needsPass: false) is not { } gap) return Good(at, judged);
        // A resume restarts the deadline, as at a step.
        var (over, changed) = (baking.From + watch, at.State.ChangedAfter ?? TimeSpan.Zero);
        return gap.Settle(
            at, changed > over ? changed : over, told, judged, () => Good(at, $"good by the plan although {gap.AtDeadline}: {judged}"));
    }

    /// <summary>Ends the rollout as good: after the watch, without one, or because a person accepts that evidence is missing.</summary>
    public static Decision Good(DecisionContext at, string why, Wish? granted = null) =>
        at.Go(new Phase.Good(), "good", $"{at.State.Candidate} is good: {why}", granted);

    private static Decision Advance(DecisionContext at, string told)
    {
        var holdback = at.Step + 1 < at.StepCount && at.Plan.Steps[at.Step + 1] is { IsHoldback: true } next
            ? $" for the holdback of {DurationText.Of(next.Dwell)}"
            : string.Empty;
        return at.Go(new Phase.Shifting(at.Step + 1), "advance", $"advances to {at.ShareOf(at.Step + 1)}{holdback}: {told}");
    }
}
