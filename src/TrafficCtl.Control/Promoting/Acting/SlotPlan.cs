using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Promoting.State;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Promoting.Acting;

/// <summary>Which versions of a target are to run.</summary>
/// <param name="InUse">Names of those that have traffic, or whose rollout is under way.</param>
/// <param name="Ensure">To be started, or brought back.</param>
/// <param name="Retire">Slots that nobody needs: to be drained, then stopped.</param>
internal sealed record SlotPlan(ImmutableHashSet<string> InUse, ImmutableArray<Bundle> Ensure, ImmutableArray<SlotStatus> Retire)
{
    public static SlotPlan Of(TargetSight at, TargetGoal wanted)
    {
        var used = UsedBy(at);
        if (!at.Recorded.IsConnected || at.Memory.Runtime is not { Trouble: null, Status: { } status }) return new(used, [], []);
        var ensure = ImmutableArray.CreateBuilder<Bundle>();
        foreach (var name in wanted.Bundle is { } bundle ? used.Add(bundle.Name) : used)
            if (at.Line.FindNamed(name)?.Bundle is { } known && !Runs(status.Find(name), known)) ensure.Add(known);
        return new(used, ensure.ToImmutable(), MayRetire(at) ? Unneeded(at, status, used, wanted) : []);
    }

    /// <summary>A version that must run now has that slot: whatever it is about to do, it is to run this bundle.</summary>
    private static bool Runs(SlotStatus? slot, Bundle bundle) => slot is not null && slot.Bundle.Id == bundle.Hash
        && slot.Phase is not (SlotPhase.Draining or SlotPhase.Drained or SlotPhase.Stopping);

    private static ImmutableHashSet<string> UsedBy(TargetSight at)
    {
        var used = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        if (at.Record is { } record)
        {
            used.Add(record.LastGood);
            if (record.Active is { } active) Add(active);
            if (record.Queued is { } queued) used.Add(queued);
        }

        if (at.Recorded.Current is { } current && at.Line.Find(current) is { } placed) used.Add(placed.Bundle.Name);
        foreach (var route in new[] { at.Memory.Rollout.Router?.Route, at.Memory.Rollout.Router?.Pending })
        {
            if (route is null) continue;
            used.Add(route.Stable);
            if (route.Candidate is { } candidate) used.Add(candidate);
        }

        return used.ToImmutable();

        void Add(RolloutState rollout)
        {
            used.Add(rollout.Stable);
            used.Add(rollout.Candidate);
        }
    }

    /// <summary>What gets traffic is known; and a runtime that starts nothing ends nothing.</summary>
    private static bool MayRetire(TargetSight at)
    {
        if (at.Memory.Target.Runtime is RuntimeSpec.Static || !at.Memory.Rollout.IsKnown || at.Decision is null) return false;
        return at.Record is null
            ? at.Memory.Declared is null && at.Pipeline.State.In(at.Environment.Name).Newest != BundleOrder.None
            : at.Memory.Rollout.Router is not null;
    }

    private static ImmutableArray<SlotStatus> Unneeded(
        TargetSight at, RuntimeStatus status, ImmutableHashSet<string> used, TargetGoal wanted)
    {
        var kept = used;
        foreach (var bundle in new[] { wanted.Bundle, at.ActiveBundle, at.Decision?.Bundle, at.Decision?.FallBack })
            if (bundle is not null) kept = kept.Add(bundle.Name);
        // What the loop still lists goes from its list first.
        return [.. status.Slots.Where(s => !kept.Contains(s.Slot) && at.Memory.Declared?.FindVersion(s.Slot) is null)];
    }
}
