using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Promoting.State;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Promotion.State;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Promoting.Observing;

/// <summary>What is seen of a target, as facts that are not recorded yet.</summary>
/// <param name="now">The time of the round.</param>
/// <param name="running">The same by the monotonic clock.</param>
internal sealed class RolloutFacts(TargetSight at, DateTimeOffset now, TimeSpan running)
{
    /// <summary>A version is given up that fails to start so often, or does not serve within this time.</summary>
    public const int MostFailures = 5;

    public static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    private readonly string environment = at.Environment.Name, target = at.Memory.Key.Target;

    public IEnumerable<PromotionFact> Find() => at.Recorded.Active is { } active ? OfActive(active) : OfQuiet();

    private IEnumerable<PromotionFact> OfActive(ActiveRollout active)
    {
        if (at.OwnRollout is { } rollout) return OfRollout(active, rollout);
        return at.HasByBirth ? OfBirth(active) : OfStart(active);
    }

    private IEnumerable<PromotionFact> OfRollout(ActiveRollout active, RolloutState rollout)
    {
        var phase = rollout.Phase is Phase.Paused paused ? paused.At : rollout.Phase;
        var to = at.HashOf(at.Record?.LastGood ?? rollout.Stable);
        switch (phase)
        {
            case Phase.RolledBack back:
                yield return new PromotionFact.RolloutRolledBack(
                    By(rollout.Id, back.Why), environment, target, active.Bundle, to, back.Cause);
                yield break;
            case Phase.Aborted aborted when IsOwn(aborted):
                yield return new PromotionFact.RolloutWithdrawn(By(FactStamp.Engine, aborted.Why), environment, target, active.Bundle, to);
                yield break;
            case Phase.Aborted aborted:
                yield return new PromotionFact.RolloutAborted(By(rollout.Id, aborted.Why), environment, target, active.Bundle, to);
                yield break;
            case Phase.Superseded superseded:
                yield return new PromotionFact.RolloutWithdrawn(
                    By(rollout.Id, $"superseded by {superseded.By}"), environment, target, active.Bundle, to);
                yield break;
            case Phase.Baking or Phase.Good when active.PromotedAt is null:
                yield return new PromotionFact.RolloutPromoted(By(rollout.Id, "100 % is in force"), environment, target, active.Bundle);
                break;
        }

        if (phase is Phase.Good)
            yield return new PromotionFact.RolloutGood(By(rollout.Id, "its watch is over"), environment, target, active.Bundle);
        else if (phase.StepIn(rollout.Plan) is var step && step > active.Step && step < rollout.Plan.Steps.Length)
            yield return new PromotionFact.RolloutStepped(
                By(rollout.Id, $"step {step + 1} of {rollout.Plan.Steps.Length}"), environment, target, active.Bundle, step);
    }

    /// <summary>There is no rollout to watch it: it is Good when it has served for the watch of its environment.</summary>
    private IEnumerable<PromotionFact> OfBirth(ActiveRollout active)
    {
        var slot = at.SlotOf(at.ActiveBundle);
        // It is being replaced.
        if (at.Record is { Active: not null }) yield break;
        if (active.PromotedAt is not { } since)
            yield return new PromotionFact.RolloutPromoted(
                By(active.Id, "the target began with it"), environment, target, active.Bundle);
        else if (Failure(slot) is { } failure)
            yield return new PromotionFact.RolloutRolledBack(
                By(active.Id, failure), environment, target, active.Bundle, null, RollbackCause.TargetGone);
        else if (slot is { Serves: true } && now - since >= at.Environment.Watch)
            yield return new PromotionFact.RolloutGood(
                By(active.Id, $"it served for {DurationText.Of(at.Environment.Watch)}"), environment, target, active.Bundle);
    }

    /// <summary>It is brought up, and has no traffic yet.</summary>
    private IEnumerable<PromotionFact> OfStart(ActiveRollout active)
    {
        var to = at.HashOf(at.Record?.LastGood);
        if (!at.IsKnown) yield break;
        if (at.Decision is { Action: TargetAction.GoBack } back)
            yield return new PromotionFact.RolloutWithdrawn(
                By(FactStamp.Engine, $"it has no traffic: {back.Why}"), environment, target, active.Bundle, to);
        else if (WhyNotStarted(active) is { } why)
            yield return new PromotionFact.RolloutRolledBack(
                By(active.Id, why), environment, target, active.Bundle, to, RollbackCause.TargetGone);
    }

    private string? WhyNotStarted(ActiveRollout active)
    {
        var slot = at.SlotOf(at.ActiveBundle);
        if (slot is { Serves: true } || at.Memory.Runtime.Trouble is not null) return null;
        if (at.Memory.BringingUp is not { } begun || begun.Bundle != active.Bundle) return null;
        return Failure(slot) ?? (running - begun.Since < StartLimit
            ? null
            : $"it does not serve within {DurationText.Of(StartLimit)}: {slot?.Why ?? "nothing runs in its slot"}");
    }

    private static string? Failure(SlotStatus? slot) => slot is { Phase: SlotPhase.Failed } or { Failures: >= MostFailures }
        ? $"it does not start: {slot.Why ?? $"{slot.Failures} failures in a row"}"
        : null;

    /// <summary>What runs must not: all traffic was brought to another bundle.</summary>
    private IEnumerable<PromotionFact> OfQuiet()
    {
        if (at is { Decision: { Action: TargetAction.GoBack, Bundle: { } to } decision, Recorded.Current: { } current }
            && at.Record is { Active: null } record && record.LastGood == to.Name && to.Hash != current)
            yield return new PromotionFact.RolloutWithdrawn(
                By(FactStamp.Engine, decision.Why), environment, target, current, to.Hash);
    }

    /// <summary>The loop says who aborted in words alone, as <see cref="RolloutWords.By"/> writes them.</summary>
    private static bool IsOwn(Phase.Aborted aborted)
    {
        const string By = " by ";
        var at = aborted.Why.IndexOf(By, StringComparison.Ordinal);
        var who = at < 0 ? "" : aborted.Why[(at + By.Length)..];
        return who == FactStamp.Engine || who.StartsWith($"{FactStamp.Engine} (", StringComparison.Ordinal);
    }

    private FactStamp By(string who, string why) => new(0, now, who, why);
}
