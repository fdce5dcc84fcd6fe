using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

/// <summary>
/// Make before break: no slot is raised that cannot serve, be it of the candidate or of stable, in a rollout, a rollback or without
/// one. What a slot has may be taken away only as far as another one takes it.
/// </summary>
internal static class SlotRule
{
    /// <param name="target">The target of the service.</param>
    /// <param name="wanted">The asked split.</param>
    /// <param name="last">The split that was last written; null when nothing was.</param>
    /// <param name="found">What the object says; null when it was not made yet.</param>
    /// <param name="isEmpty">A slot is known to have no ready endpoint.</param>
    public static SlotAnswer Allow(ClusterTarget target, WantedSplit wanted, WantedSplit? last, LiveShares? found, Func<Slot, bool> isEmpty)
    {
        var possible = new SlotAnswer(wanted, null);
        var isRaised = wanted.Highest > Weights.AllStable || wanted.IsShadow;
        if (wanted.Candidate is { } slot && isRaised && (!slot.IsReady || isEmpty(slot)))
            possible = KeepCandidate(slot, wanted, last, found);
        return isEmpty(wanted.Stable) ? KeepFromStable(target, wanted, possible, last, found) : possible;
    }

    /// <summary>What may get more than it has.</summary>
    public static IEnumerable<Slot> Raised(WantedSplit wanted, LiveShares? found)
    {
        var isKnown = found is { IsDefined: true } && wanted.Cohorts.IsEmpty;
        if (wanted.Lowest < Weights.AllCandidate && (!isKnown || IsMore(wanted, found!, wanted.Stable))) yield return wanted.Stable;
        if (wanted.Candidate is not { } slot) yield break;
        if (wanted.IsShadow || (wanted.Highest > Weights.AllStable && (!isKnown || IsMore(wanted, found!, slot)))) yield return slot;
    }

    private static bool IsMore(WantedSplit wanted, LiveShares found, Slot slot) =>
        wanted.ShareOf(slot.Service) > found.Rounded.Share(slot.Service);

    private static SlotAnswer KeepCandidate(Slot slot, WantedSplit wanted, WantedSplit? last, LiveShares? found)
    {
        var possible = wanted.NotAbove(last, found?.Of(slot.Service) ?? Weights.AllStable, found?.Shadow ?? Weights.AllStable);
        if (possible.IsSame(wanted)) return new SlotAnswer(possible, null);
        return new SlotAnswer(possible, $"the Service {slot.Service} is not ready, so its " + (wanted.IsShadow
            ? $"shadow stays at {possible.Shadow} and does not rise to {wanted.Shadow}"
            : $"weight stays at {possible.Highest} and does not rise to {wanted.Highest}"));
    }

    private static SlotAnswer KeepFromStable(
        ClusterTarget target, WantedSplit wanted, SlotAnswer possible, WantedSplit? last, LiveShares? found)
    {
        var slot = wanted.Stable.Service;
        var all = $"Service {target.Namespace}/{slot}, which runs the stable version, has no ready endpoint";
        if (found is not { IsDefined: true } || (last is null && !wanted.Cohorts.IsEmpty))
            return new SlotAnswer(
                null, $"{all}, and what {target.Route} says is no split that could be kept: nothing is written until it has one");
        var has = Weights.OfCandidate(Weights.Total - Math.Min(Weights.Total, found.Rounded.Share(slot)));
        var kept = possible.Split!.NotBelow(last, wanted.Candidate is null ? Weights.AllStable : has);
        var isStuck = wanted.Candidate is null && has > Weights.AllStable;
        var held = kept.IsSame(possible.Split) && !isStuck ? possible.Held
            : $"{all}, so the split stays at {found.Rounded} until it has one: run that version there again, or scale its Deployment up";
        return new SlotAnswer(isStuck ? null : kept, held);
    }
}

/// <param name="Split">As far as it can be written; null when it is not known what stands there, so that nothing can be.</param>
/// <param name="Held">Why that is less than was asked for; null when it is all.</param>
internal sealed record SlotAnswer(WantedSplit? Split, string? Held);
