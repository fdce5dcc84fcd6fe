using TrafficCtl.Control.Promoting.State;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Promoting.Acting;

/// <summary>What a target is to be brought to, and what must end before.</summary>
/// <param name="Bundle">Null where nothing is to begin.</param>
/// <param name="IsBack">At once, without gates and without a watch: what runs must not.</param>
/// <param name="Abort">The rollout that must end now; null for none.</param>
internal sealed record TargetGoal(Bundle? Bundle, bool IsBack, RolloutState? Abort)
{
    private static readonly TargetGoal Nothing = new(null, false, null);

    public static TargetGoal Of(TargetSight at)
    {
        if (at.Decision is not { } decision || !at.Recorded.IsConnected || !at.Memory.Rollout.IsKnown) return Nothing;
        var wanted = Find(at, decision);
        return wanted with { Abort = MustEnd(at, decision, wanted) };
    }

    private static TargetGoal Find(TargetSight at, TargetDecision decision)
    {
        if (at.Recorded.Active is not { } active)
            return decision is { Action: TargetAction.GoBack, Bundle: { } back } ? new(back, true, null) : Nothing;
        if (decision.Action != TargetAction.GoBack) return new(at.ActiveBundle, active.Reason == StartReason.Back, null);
        return at.HasByBirth && decision.Bundle is { } other ? new(other, true, null) : Nothing;
    }

    private static RolloutState? MustEnd(TargetSight at, TargetDecision decision, TargetGoal wanted)
    {
        if (!at.IsKnown || at.Record?.Active is not { Phase: not Phase.RollingBack } running) return null;
        if (wanted.Bundle is not { } bundle)
            return at.Recorded.Active is null || decision.Action == TargetAction.GoBack ? running : null;
        if (running.Candidate == bundle.Name) return null;
        // Before 100 % a publish supersedes it; what failed before starts by a retry, and that needs that none is active.
        var isAtAll = running.Phase.StepIn(running.Plan) >= running.Plan.Steps.Length;
        var hasFailed = at.Record.FindTried(bundle.Name) is { Trial: Core.Services.Trial.Failed };
        return isAtAll || hasFailed || wanted.IsBack || bundle.Name == running.Stable ? running : null;
    }
}
