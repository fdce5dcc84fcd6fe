using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Core.Rollouts;

/// <summary>The inputs of one decision, what the rows of the decision table ask about them, and the decisions that the rows make.</summary>
internal sealed class DecisionContext(RolloutState state, Seen seen, Moment now)
{
    public RolloutState State => state;

    public Seen Seen => seen;

    public Moment Now => now;

    public Plan Plan => state.Plan;

    public int StepCount => Plan.Steps.Length;

    /// <summary>-1 before the first step, <see cref="StepCount"/> at 100 %.</summary>
    public int Step { get; } = state.Phase.StepIn(state.Plan);

    /// <summary>The rollout is below 100 %, so a newer version supersedes it; from 100 % on a newer version is queued.</summary>
    public bool IsBeforeAll => Step < StepCount;

    /// <summary>The step copies requests and exposes no user.</summary>
    public bool IsShadow => Step >= 0 && IsBeforeAll && Plan.Steps[Step].Shadow is not null;

    /// <summary>The router confirms that the route of this state is in force.</summary>
    public bool IsInForce => seen.AppliedGeneration >= state.Generation;

    /// <summary>The share in force, with its cohort.</summary>
    public string Share => ShareOf(Step);

    public string RouterWords => (seen.AppliedGeneration is { } applied
        ? $"it has generation {applied} of {state.Generation}"
        : "it does not answer, or does something else") + (seen.RouterWaitsFor is { } missing ? $"; {missing}" : string.Empty);

    /// <summary>A remark on the confirmation, with a leading semicolon; empty when none is needed.</summary>
    public string ConfirmedWords => seen.CountsBecause is { } why ? $"; {why}" : string.Empty;

    public string QueueWords => !IsBeforeAll && seen.NewerVersion is { } newer ? $"; {newer} is queued behind it" : string.Empty;

    public string ShareOf(int step) => step switch
    {
        < 0 => Weights.AllStable.ToString(),
        _ when step >= StepCount => Weights.AllCandidate.ToString(),
        _ when Plan.Steps[step].Shadow is { } shadow => $"a {shadow} shadow",
        _ when Plan.Steps[step].Cohort is { } cohort => $"{Plan.Steps[step].Weights} of {cohort}",
        _ => Plan.Steps[step].Weights.ToString(),
    };

    public Wish? FindWish(WishKind kind)
    {
        foreach (var wish in seen.Wishes)
            if (wish.Kind == kind) return wish;
        return null;
    }

    /// <summary>
    /// The gate that decides about the next step: one that has come to its end, else the first that is not open; null when all are open
    /// or passed.
    /// </summary>
    public GateView? ClosedGate => GateRules.Closed(this);

    /// <summary>Why the candidate cannot take its first request (<paramref name="isFirst"/>) or more requests; null when it can.</summary>
    public string? Unready(bool isFirst)
    {
        if (seen.CandidateHealth is not { } health) return $"the health of {state.Candidate} is unknown";
        if (health.Live == 0) return $"{state.Candidate} has no live endpoint ({health.Live} of {health.Endpoints})";
        if (!isFirst) return null;
        return Plan.Strategy switch
        {
            Strategy.BlueGreen when health.Probed < health.Endpoints || health.Live < health.Endpoints =>
                $"{health.Probed} of {health.Endpoints} endpoints of {state.Candidate} have answered a probe well and {health.Live} are "
                    + "live; blue/green needs all",
            _ when health.Probed == 0 => $"no endpoint of {state.Candidate} has answered a probe well yet (0 of {health.Endpoints})",
            _ => null,
        };
    }

    /// <summary>
    /// Why the first step would expose users while nothing is measured; null when it is measured, or when that step compares nothing.
    /// </summary>
    public string? Blind => Population.OfFirst(Plan).IsCompared ? seen.Unmeasured : null;

    /// <summary>The time since the rollout's elapsed time was <paramref name="from"/>.</summary>
    public TimeSpan Since(TimeSpan from) => now.Elapsed - from;

    /// <summary>How long the phase has lasted; by the wall clock if it was saved by a version that measured by the wall clock.</summary>
    public TimeSpan InPhase => state.ChangedAfter is { } from ? Since(from) : now.At - state.ChangedAt;

    public Decision Hold(string kind, string reason) => new(state, kind, reason, []);

    public Decision Refuse(Wish wish, string answer) =>
        new(state, "refuse", $"{RolloutWords.Asked(wish)} is refused: {answer}", [new(wish, false, answer)]);

    public Decision Go(Phase next, string kind, string reason, Wish? granted = null) => new(
        state with { Phase = next, Generation = state.Generation + 1, ChangedAt = now.At, ChangedAfter = now.Elapsed }, kind, reason,
        granted is null ? [] : [new(granted, true, reason)]);

    public Decision GoBack(RollbackCause cause, string why) => Go(new Phase.RollingBack(cause, why), "rollback", why);
}
