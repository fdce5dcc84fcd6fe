using System.Collections.Immutable;
using TrafficCtl.Control.Promoting.Acting;
using TrafficCtl.Control.Promoting.State;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Bundles;

namespace TrafficCtl.Control.Promoting.Reporting;

/// <summary>The last stage of a round: what readers see.</summary>
internal static class PipelineReporter
{
    private static readonly TargetDecision Undecided = new("", TargetAction.Wait, null, null, "nothing is decided yet", null);

    /// <returns>The view, and the memory of since when targets are behind.</returns>
    /// <param name="trouble">Why the facts cannot be read or saved; null when all is well.</param>
    public static (PromotionView View, PipelineMemory Pipeline) Report(PipelineMemory pipeline, DateTimeOffset now, string? trouble)
    {
        var warnings = ImmutableArray.CreateBuilder<string>();
        warnings.AddRange(pipeline.Refused);
        warnings.AddRange(pipeline.Troubles);
        var shown = ImmutableArray.CreateBuilder<PromotedTarget>(pipeline.Targets.Length);
        for (var i = 0; i < pipeline.Targets.Length; i++)
        {
            var target = pipeline.Targets[i];
            var promoted = Show(pipeline, target, now, warnings);
            var behind = promoted.BehindSince is { } since
                ? new BehindMemory(promoted.Desired?.Hash, promoted.Observed?.Hash, since)
                : null;
            if (behind != target.Behind)
                pipeline = pipeline with { Targets = pipeline.Targets.SetItem(i, target with { Behind = behind }) };
            shown.Add(promoted);
        }

        var view = new PromotionView(pipeline.Spec, pipeline.State, pipeline.Decisions ?? [], shown.MoveToImmutable(), now)
        {
            Warnings = warnings.ToImmutable(),
            Trouble = trouble,
        };
        return (view, pipeline);
    }

    private static PromotedTarget Show(
        PipelineMemory pipeline, TargetMemory target, DateTimeOffset now, ImmutableArray<string>.Builder warnings)
    {
        var (decided, line) = (pipeline.DecisionOf(target) ?? Undecided with { Target = target.Key.Target }, pipeline.State.Line);
        var recorded = pipeline.State.In(target.Key.Environment).At(target.Key.Target);
        var desired = pipeline.Decisions?.FirstOrDefault(d => d.Environment == target.Key.Environment)?.Desired;
        var observed = recorded.Current is { } current ? line.Find(current)?.Bundle : null;
        var isBehind = desired is not null && desired.Hash != observed?.Hash;
        var since = target.Behind is { } held && held.Desired == desired?.Hash && held.Observed == observed?.Hash
            ? held.Since
            : recorded.Active?.StartedAt ?? now;
        warnings.AddRange(target.Runtime.Status?.Warnings ?? []);
        var drift = DriftOf(pipeline, target, warnings);
        return new(target.Key, decided, desired, observed, isBehind ? since : null)
        {
            IsConnected = recorded.IsConnected,
            Slots = target.Runtime is { Trouble: null, Status: { } status } ? status.Slots : [],
            Why = target.Runtime.Trouble ?? drift ?? WhyBringingUp(target, line) ?? (isBehind ? decided.Why : null),
        };
    }

    private static string? WhyBringingUp(TargetMemory target, BundleLine line)
    {
        if (target.BringingUp is not { } begun || line.Find(begun.Bundle)?.Bundle is not { } bundle) return null;
        return $"{bundle.Name} does not serve yet: {target.Runtime.Find(bundle.Name)?.Why ?? "it is being started"}";
    }

    /// <summary>What should have all traffic does not run as decided; null where it does.</summary>
    private static string? DriftOf(PipelineMemory pipeline, TargetMemory target, ImmutableArray<string>.Builder warnings)
    {
        if (pipeline.Spec.Promotion.Find(target.Key.Environment) is not { } environment) return null;
        var at = new TargetSight(pipeline, target, environment, pipeline.DecisionOf(target));
        var plan = SlotPlan.Of(at, TargetGoal.Of(at));
        foreach (var bundle in plan.Ensure)
        {
            if (!SlotActor.IsDrift(at, TargetGoal.Of(at), bundle)) continue;
            var found = at.SlotOf(bundle) is { } slot ? $"{slot.Bundle.Version} is {slot.Phase}" : "nothing runs";
            var words = $"{target.Key}: {bundle.Name} was decided, and in its slot {found}";
            var attempts = target.Drift.GetValueOrDefault(SlotActor.FingerprintOf(at, bundle))?.Attempts ?? 0;
            if (target.Target.Drift == DriftMode.Alert) warnings.Add(words);
            else if (target.Target.Drift == DriftMode.Correct && attempts >= SlotActor.Pauses.Length)
                warnings.Add(
                    $"{words}; it was brought back {attempts} times, and is left alone now: look why it ends, then restart the daemon");
            return words;
        }

        return null;
    }
}
