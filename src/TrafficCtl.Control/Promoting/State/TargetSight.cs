using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.State;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Promoting.State;

/// <summary>One target in one round: what was decided, what is recorded, and what is seen.</summary>
/// <param name="Pipeline">With the state of the facts of the round.</param>
/// <param name="Environment">Its environment.</param>
/// <param name="Decision">The last word on it; null before the first.</param>
internal sealed record TargetSight(PipelineMemory Pipeline, TargetMemory Memory, EnvironmentSpec Environment, TargetDecision? Decision)
{
    public BundleLine Line => Pipeline.State.Line;

    public TargetRecord Recorded { get; } = Pipeline.State.In(Environment.Name).At(Memory.Key.Target);

    public ServiceRecord? Record => Memory.Rollout.Record;

    /// <summary>The bundle of the rollout that is recorded and not over.</summary>
    public Bundle? ActiveBundle => Recorded.Active is { } active ? Line.Find(active.Bundle)?.Bundle : null;

    /// <summary>The rollout of the loop that is about the recorded one; null where it has not begun, or ended before that.</summary>
    public RolloutState? OwnRollout => Recorded.Active is { } active && Memory.Rollout.Newest is { } newest
        && newest.Candidate == ActiveBundle?.Name && newest.Number >= Math.Max(1, NumberOf(active.Id))
            ? newest
            : null;

    /// <summary>The loop has said all there is to know of its rollouts, or there were none.</summary>
    public bool IsKnown => Memory.Rollout is { IsOfLoop: true } or { IsKnown: true, Record: null };

    /// <summary>It serves the bundle without a rollout of its own: the target was born with it, or had it before.</summary>
    public bool HasByBirth => IsKnown && OwnRollout is null && Record is { } record && record.LastGood == ActiveBundle?.Name;

    public SlotStatus? SlotOf(Bundle? bundle) => bundle is null ? null : Memory.Runtime.Find(bundle.Name);

    /// <summary>The hash of the bundle of that version; null where none is published.</summary>
    public string? HashOf(string? version) => version is null ? null : Line.FindNamed(version)?.Bundle.Hash;

    private static int NumberOf(string id) =>
        int.TryParse(id.AsSpan(id.LastIndexOf('-') + 1), System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : 0;
}
