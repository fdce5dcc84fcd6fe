using System.Diagnostics;
using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Core.Rollouts;

/// <summary>How wishes are answered while a rollout is active. A refusal says what to do instead.</summary>
internal static class WishRules
{
    public static Decision Abort(DecisionContext at, Wish wish)
    {
        var why = $"aborted at {at.Share} {RolloutWords.By(wish)}";
        return at.Go(new Phase.RollingBack(RollbackCause.Abort, why), "abort", why, wish);
    }

    public static Decision WhileGoingBack(DecisionContext at, Wish wish) => wish.Kind switch
    {
        WishKind.Abort => new(
            at.State, "hold", $"{at.State.Candidate} is going back already",
            [new(wish, true, $"{at.State.Candidate} is going back already")]),
        WishKind.Publish => Publish(at, wish),
        WishKind.Resume when at.Seen.IsDrifted => WriteAgain(at, wish),
        _ => at.Refuse(wish, $"{at.State.Candidate} is going back to 0 %; ask again when {at.State.Stable} serves everything"),
    };

    public static Decision Answer(DecisionContext at, Wish wish) => wish.Kind switch
    {
        WishKind.Publish => Publish(at, wish),
        WishKind.Pause => Pause(at, wish),
        WishKind.Resume when at.Seen.IsDrifted && at.State.Phase is not Phase.Paused => WriteAgain(at, wish),
        WishKind.Resume => Resume(at, wish),
        WishKind.Promote => Promote(at, wish),
        WishKind.PromoteFull => PromoteFull(at, wish),
        WishKind.Retry => at.Refuse(
            wish,
            $"rollout {at.State.Id} of {at.State.Candidate} is active at {at.Share}; a retry needs one that has ended (abort it first)"),
        WishKind.Approve or WishKind.Reject => VoteRules.Answer(at, wish),
        WishKind.Abort => Abort(at, wish),
        _ => throw new UnreachableException(),
    };

    /// <summary>
    /// An external change is in force and was left alone until a person decides; this wish is the decision to write our split again.
    /// </summary>
    private static Decision WriteAgain(DecisionContext at, Wish wish) =>
        new(at.State, "hold", $"the split is written again, as {RolloutWords.Asked(wish)}",
            [new(wish, true, $"the split is written again at {at.Share}")]);

    private static Decision Publish(DecisionContext at, Wish wish)
    {
        if (wish.Version is not { Length: > 0 } version) return at.Refuse(wish, "no version is named");
        if (version == at.State.Candidate && at.State.Phase is not Phase.RollingBack)
            return at.Refuse(wish, $"{version} is being rolled out already, at {at.Share}");
        if (version == at.State.Candidate) return at.Refuse(wish, $"{version} is going back to 0 %; retry it afterwards");
        if (version == at.State.Stable)
            return at.Refuse(wish, $"{version} is the stable version; abort the rollout of {at.State.Candidate} to return to it");
        if (!at.Seen.Versions.Contains(version, StringComparer.Ordinal))
            return at.Refuse(wish, $"{version} is not {at.Seen.Listing.Where}; {at.Seen.Listing.Names} "
                + $"{string.Join(", ", at.Seen.Versions)}. {at.Seen.Listing.Add}");
        if (at.Seen.Failed.Contains(version, StringComparer.Ordinal))
            return at.Refuse(
                wish, $"{version} was rolled back; it starts again by retry when no rollout is active, or with changed endpoints");
        var answer = at.State.Phase switch
        {
            Phase.RollingBack => $"{version} is queued: it starts when {at.State.Candidate} is back at 0 %",
            _ when at.IsBeforeAll => $"{version} is queued: it supersedes {at.State.Candidate} at {at.Share}",
            _ => $"{version} is queued: {at.State.Candidate} keeps its seat until its watch is over",
        };
        return new(at.State, "hold", $"{RolloutWords.Asked(wish)}: {answer}", [new(wish, true, answer)]) { Queues = version };
    }

    private static Decision Pause(DecisionContext at, Wish wish) => at.State.Phase is Phase.Paused paused
        ? at.Refuse(wish, $"it is paused already: {paused.Why}")
        : at.Go(
            Phase.Paused.Begin(at.State.Phase, PauseCause.Person, $"asked {RolloutWords.By(wish)}", at.Now), "pause",
            $"paused at {at.Share} {RolloutWords.By(wish)}", wish);

    /// <summary>Restarts the unsure deadline, but not the dwell.</summary>
    private static Decision Resume(DecisionContext at, Wish wish)
    {
        if (at.State.Phase is not Phase.Paused paused)
            return at.Refuse(wish, $"it is not paused; it is {PhaseWords.InSentence(at.State.Phase)} at {at.Share}");
        var back = paused.At is Phase.Observing observing ? observing.WithDeadlineFrom(at.Now) : paused.At;
        var resumed = at.Go(
            back, "resume", $"resumed at {at.Share} after {DurationText.Elapsed(at.Since(paused.From))} {RolloutWords.By(wish)}", wish);
        return paused.Cause == PauseCause.Gate ? resumed with { Next = GateRules.AskAnew(resumed.Next, at.Now) } : resumed;
    }

    private static Decision Promote(DecisionContext at, Wish wish)
    {
        if (!at.IsBeforeAll) return PromoteAtAll(at, wish);
        if (at.State.Phase is Phase.Shifting) return at.Refuse(wish, $"it is just moving to {at.Share}; ask again when that is in force");
        if (at.Unready(isFirst: at.Step < 0) is { } unready) return at.Refuse(wish, unready);
        return at.Go(new Phase.Shifting(at.Step + 1), "promote",
            $"promoted from {at.Share} to {at.ShareOf(at.Step + 1)} {RolloutWords.By(wish)}; {Overridden(at)}", wish);
    }

    private static Decision PromoteFull(DecisionContext at, Wish wish)
    {
        if (!at.IsBeforeAll) return at.Refuse(wish, $"{at.State.Candidate} is at 100 % already; its watch goes on");
        if (at.Unready(isFirst: at.Step < 0) is { } unready) return at.Refuse(wish, unready);
        return at.Go(new Phase.Shifting(at.StepCount), "promote",
            $"promoted from {at.Share} to 100 % {RolloutWords.By(wish)}, without the steps between and the holdback; {Overridden(at)}",
            wish);
    }

    /// <summary>Cannot shorten the watch; after the watch, a person may accept that evidence is missing.</summary>
    private static Decision PromoteAtAll(DecisionContext at, Wish wish)
    {
        if (at.State.Phase is Phase.Paused { Cause: PauseCause.Unconfirmed, At: Phase.Shifting }) return BeginWatch(at, wish);
        var from = at.State.Phase switch
        {
            Phase.Baking baking => baking.From,
            Phase.Paused { At: Phase.Baking baking } => baking.From,
            _ => at.Now.Elapsed,
        };
        var left = at.Plan.Watch - at.Since(from);
        if (left > TimeSpan.Zero)
            return at.Refuse(wish, $"{at.State.Candidate} is at 100 % already; its watch ends in {DurationText.Left(left)}");
        if (at.State.Phase is Phase.Shifting) return at.Refuse(wish, "it is just moving to 100 %");
        if (at.Unready(isFirst: false) is { } unready) return at.Refuse(wish, unready);
        return StepRules.Good(at, $"said so after the watch {RolloutWords.By(wish)}; {Overridden(at)}", wish);
    }

    /// <summary>The person vouches that 100 % is in force although nothing confirms it; the watch is not shortened.</summary>
    private static Decision BeginWatch(DecisionContext at, Wish wish)
    {
        if (at.Unready(isFirst: false) is { } unready) return at.Refuse(wish, unready);
        return at.Go(Phase.Baking.Begin(at.Now), "promote",
            $"{at.State.Candidate} counts as promoted {RolloutWords.By(wish)}; the watch of {DurationText.Of(at.Plan.Watch)} begins; "
            + Overridden(at), wish);
    }

    /// <summary>What the promotion overrides, for the journal.</summary>
    private static string Overridden(DecisionContext at)
    {
        var over = new List<string>();
        var phase = at.State.Phase is Phase.Paused paused ? paused.At : at.State.Phase;
        if (at.State.Phase is Phase.Paused) over.Add("the pause");
        if (at.ClosedGate is { } gate) over.Add($"gate {gate.Gate.Name}");
        if (phase is Phase.Waiting && at.Blind is { } blind) over.Add($"nothing is measured ({blind})");
        var step = at.Step >= 0 && at.IsBeforeAll ? at.Plan.Steps[at.Step] : null;
        if (phase is Phase.Observing observing && step is not null && at.Since(observing.From) < step.Dwell)
            over.Add(RolloutWords.Span(at.Since(observing.From), step.Dwell));
        var needsPass = Population.Of(at.Plan, phase).Comparison == Comparison.Concurrent;
        if (phase.IsExposed && Gap.Find(at, step?.AtLeast ?? at.Plan.AtLeast, needsPass) is { } gap) over.Add(gap.Text);
        return over.Count == 0 ? "nothing was missing" : $"in spite of: {string.Join(", ", over)}";
    }
}
