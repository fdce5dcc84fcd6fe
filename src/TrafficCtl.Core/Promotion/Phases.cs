using System.Collections.Immutable;
using TrafficCtl.Core.Promotion.Bundles;

namespace TrafficCtl.Core.Promotion;

/// <summary>Names the phase of a bundle in an environment.</summary>
internal static class Phases
{
    /// <summary>The bundles that run, that could, and that the environment would go back to, newest first.</summary>
    public static ImmutableArray<BundleView> Views(EnvironmentContext at, Resolved resolved)
    {
        var shown = new List<Placed>(at.Found.Candidates);
        Show(shown, resolved.Placed);
        Show(shown, at.LastGood);
        if (at.State.Seat is { } seat) Show(shown, at.All.Find(seat.Bundle));
        foreach (var name in at.Environment.Targets)
        {
            var target = at.State.At(name);
            if (target.Current is { } current) Show(shown, at.All.Find(current));
            if (target.Active is { } active) Show(shown, at.All.Find(active.Bundle));
        }

        shown.Sort(static (left, right) => right.Order.CompareTo(left.Order));
        var views = ImmutableArray.CreateBuilder<BundleView>(shown.Count);
        foreach (var placed in shown) views.Add(new(placed.Bundle, Of(at, resolved, placed)));
        return views.MoveToImmutable();
    }

    public static BundlePhase Of(EnvironmentContext at, Resolved resolved, Placed placed)
    {
        var hash = placed.Bundle.Hash;
        if (Vetoes.Of(at.Spec, at.All, at.Name, hash, at.Now) is not null) return new(BundleStage.Vetoed);
        var record = at.State.Of(hash);
        if (record.Failure is not null || record.Abort is not null) return new(BundleStage.RolledBack);
        var (isCurrent, step) = Where(at, hash);
        if (step is { } deploying) return new(BundleStage.Deploying, deploying);
        if (isCurrent) return new(record.GoodAt is null ? BundleStage.Baking : BundleStage.Good);
        if (resolved.Placed?.Order == placed.Order) return new(BundleStage.Approved);
        if (record.GoodAt is not null) return new(BundleStage.Previous);
        return record.StartedAt is null && placed.Order > at.State.Newest ? new(BundleStage.Pending) : new(BundleStage.Superseded);
    }

    private static (bool IsCurrent, int? Step) Where(EnvironmentContext at, string bundle)
    {
        var isCurrent = false;
        int? step = null;
        foreach (var name in at.Environment.Targets)
        {
            var target = at.State.At(name);
            isCurrent |= target.Current == bundle;
            // What was begun on a target that is away does not go on there, and keeps nothing from being Good.
            if (target is { IsConnected: true, Active: { PromotedAt: null } active } && active.Bundle == bundle)
                step = Math.Max(step ?? -1, active.Step);
        }

        return (isCurrent, step);
    }

    private static void Show(List<Placed> shown, Placed? placed)
    {
        if (placed is null) return;
        foreach (var other in shown)
            if (other.Order == placed.Order) return;
        shown.Add(placed);
    }
}
