using System.Diagnostics;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Judging;

namespace TrafficCtl.Core.Rollouts;

/// <summary>The first requirement that a step does not meet yet.</summary>
/// <param name="IsUnknown">It could not be measured; false when it was measured and is not enough.</param>
internal readonly record struct Gap(string Text, bool IsUnknown)
{
    private const string Open = "the verdict is open";

    /// <summary>The text at the deadline, where an open verdict becomes an unsure one.</summary>
    public string AtDeadline => Text == Open ? "the verdict is unsure" : Text;

    /// <summary>The first unmet requirement; null when the step meets all of them.</summary>
    public static Gap? Find(DecisionContext at, MinimumEvidence atLeast, bool needsPass)
    {
        if (!at.IsInForce) return new($"the router does not confirm {at.Share}: {at.RouterWords}", true);
        if (at.Unready(isFirst: false) is { } unready) return new(unready, true);
        if (at.Seen.Judgement is not { } judgement) return new("nothing could be measured", true);
        var evidence = at.Seen.Evidence;
        if (evidence.Requests == 0 && atLeast.Requests > 0) return new("no request was served", true);
        if (evidence.Requests < atLeast.Requests) return new(RolloutWords.Count(evidence.Requests, atLeast.Requests, "requests"), false);
        if (evidence.Users < atLeast.Users) return new(RolloutWords.Count(evidence.Users, atLeast.Users, "users"), false);
        if (needsPass && judgement.Verdict != Verdict.Pass) return new(Open, false);
        return at.IsShadow && AgainstUsers(evidence, judgement) is { } doubt ? new(doubt, false) : null;
    }

    /// <summary>
    /// Why a shadow step must not be followed by a step with users yet; null when nothing speaks against it. Copies that were not compared
    /// prove nothing.
    /// </summary>
    public static string? AgainstUsers(StepEvidence evidence, Judgement judgement)
    {
        // Half is enough: copies of the warm-up are never compared, and those of the current tick not yet. One in a thousand is not enough.
        var compared = judgement.Findings.Select(static f => f.Candidate.Requests).DefaultIfEmpty().Max();
        if (compared < evidence.Requests / 2.0)
            return $"{NumberText.Count(compared)} of {NumberText.Count(evidence.Requests)} copies are compared yet";
        if (judgement.Evidence >= Verdicts.Caution)
            return $"evidence of harm {NumberText.Evidence(judgement.Evidence)} stands against users meeting it; it must fall below "
                + $"{Verdicts.Caution}";
        // A few copies cannot prove harm, however bad they look, but they do not speak for the candidate either.
        return judgement.Beyond is { } signal ? $"what the copies show of {signal} so far is beyond the margin" : null;
    }

    /// <summary>Holds until the deadline, then does what the plan declares; when the gap is unknown, it pauses instead.</summary>
    /// <param name="at">Where the rollout stands.</param>
    /// <param name="from">The rollout's elapsed time when the deadline began to count.</param>
    /// <param name="told">What was measured.</param>
    /// <param name="judged">The same, with the judge's reason.</param>
    /// <param name="promote">Makes the decision when the plan promotes in spite of the gap.</param>
    public Decision Settle(DecisionContext at, TimeSpan from, string told, string judged, Func<Decision> promote)
    {
        var policy = at.Plan.IfUnsure;
        var elapsed = at.Since(from);
        if (elapsed < policy.Hold)
            return at.Hold("hold", $"{Text}; deadline in {DurationText.Left(policy.Hold - elapsed)}: {told}");
        var why = $"{AtDeadline} after {DurationText.Elapsed(elapsed)}: {judged}";
        return (IsUnknown ? UnsureOutcome.Pause : policy.Then) switch
        {
            UnsureOutcome.Pause =>
                at.Go(Phase.Paused.Begin(at.State.Phase, PauseCause.Unsure, why, at.Now), "pause", $"paused at {at.Share}: {why}"),
            UnsureOutcome.Rollback => at.GoBack(RollbackCause.Unsure, $"unsure at {at.Share}: {why}"),
            UnsureOutcome.Promote => promote(),
            _ => throw new UnreachableException(),
        };
    }
}
