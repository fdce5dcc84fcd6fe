using System.Collections.Immutable;
using TrafficCtl.Control.Promoting.State;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Promoting.Acting;

/// <summary>How a target is declared to the loop: the versions that run there, and how the next rollout is to go.</summary>
internal static class ServicePlan
{
    /// <summary>The same object as before where nothing changed; null while nothing can be declared.</summary>
    public static ServiceSpec? Of(TargetSight at, TargetGoal wanted, SlotPlan slots)
    {
        var before = at.Memory.Declared;
        var stable = at.Record?.LastGood ?? BirthOf(at);
        if (stable is null) return before;
        var versions = VersionsOf(at, wanted, slots, stable);
        if (versions.IsEmpty) return before;
        var (plan, needs) = PlanOf(at, wanted);
        var template = at.Memory.Target.Template;
        var spec = template with
        {
            Versions = versions,
            Stable = stable,
            Plan = plan,
            Needs = needs,
            StartsByWishOnly = true,
        };
        return before is not null && IsSame(before, spec) ? before : spec;
    }

    /// <summary>What a target that the loop never had begins with: the bundle that is started there, or what runs there already.</summary>
    private static string? BirthOf(TargetSight at)
    {
        if (at.ActiveBundle is { } bundle) return at.SlotOf(bundle) is { Serves: true } ? bundle.Name : null;
        var isLost = at is { Decision: not null, IsKnown: true, Record: null, Memory.Target.Runtime: not RuntimeSpec.Static }
            && at.Pipeline.State.In(at.Environment.Name).Newest == BundleOrder.None;
        return isLost ? at.Memory.Runtime.Status?.Slots.FirstOrDefault(static s => s.Serves)?.Slot : null;
    }

    private static ImmutableArray<VersionSpec> VersionsOf(TargetSight at, TargetGoal wanted, SlotPlan slots, string stable)
    {
        var names = slots.InUse.Add(stable);
        if (at.Record is null && at.ActiveBundle is null)
            names = names.Union((at.Memory.Runtime.Status?.Slots ?? []).Where(static s => s.Serves).Select(static s => s.Slot));
        if (wanted.Bundle is { } bundle && at.SlotOf(bundle) is { Serves: true } slot && slot.Bundle.Id == bundle.Hash)
            names = names.Add(bundle.Name);
        var candidate = wanted.Bundle?.Name;
        return [.. names.OrderBy(n => n == stable ? 0 : n == candidate ? 2 : 1)
            .ThenBy(n => at.Line.FindNamed(n)?.Order.Base ?? 0).ThenBy(static n => n, StringComparer.Ordinal)
            .Select(n => Listed(at, n)).OfType<VersionSpec>()];
    }

    /// <summary>What serves where; of what does not run now, where it served last, because the router keeps it.</summary>
    private static VersionSpec? Listed(TargetSight at, string name) =>
        at.Memory.Runtime.Find(name) is { Endpoints.IsEmpty: false } slot
            ? new VersionSpec(name, slot.Endpoints)
            : at.Memory.Declared?.FindVersion(name);

    private static (Plan Plan, ImmutableArray<Gate> Needs) PlanOf(TargetSight at, TargetGoal wanted)
    {
        var template = at.Memory.Target.Template;
        if (wanted.IsBack) return (Plans.AtOnce(Strategy.AllAtOnce, TimeSpan.Zero, default(MinimumEvidence)), []);
        ImmutableArray<Gate> needs = [PromotionGate.Instance, .. template.Needs.Where(static g => g is not PromotionGate)];
        // Where nothing runs that is known to be good there is nothing to compare with, and nobody to spare.
        return at is { Record: not null, Recorded: { Current: null, Active: not null } }
            ? (Plans.AtOnce(Strategy.AllAtOnce, template.Plan.Watch, default(MinimumEvidence)), needs)
            : (template.Plan, needs);
    }

    private static bool IsSame(ServiceSpec before, ServiceSpec next)
    {
        if (before.Versions.Length != next.Versions.Length || !before.Needs.AsSpan().SequenceEqual(next.Needs.AsSpan())) return false;
        for (var i = 0; i < before.Versions.Length; i++)
            if (before.Versions[i].Version != next.Versions[i].Version
                || !before.Versions[i].Endpoints.AsSpan().SequenceEqual(next.Versions[i].Endpoints.AsSpan())) return false;
        return before == next with { Versions = before.Versions, Needs = before.Needs };
    }
}
