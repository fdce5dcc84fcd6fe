using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Wishing;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

/// <summary>What one route says of itself, from what is kept of it.</summary>
internal static class KeptStatus
{
    /// <param name="kept">Something was asked for.</param>
    /// <param name="drift">That is held; null without one.</param>
    /// <param name="health">The health of a version, by its slot.</param>
    /// <param name="target">The target of the service.</param>
    /// <param name="found">What the object says; null when it could not be read or was not made yet.</param>
    /// <param name="warnings">For a person.</param>
    public static RouterStatus Of(
        KeptRoute kept, Control.Ports.Drift? drift, ArmHealths health, ClusterTarget target, LiveShares? found,
        IEnumerable<string?> warnings)
    {
        var route = kept.Asked!;
        // Nobody measures the shares of a split that is of no rollout, and nobody waits for it.
        var counts = route.RolloutId is not null && kept.Confirmation is { IsDone: true } done ? done.Why : null;
        var inForce = kept.Confirmed ?? route with { Generation = 0 };
        var slot = kept.Split?.Candidate?.Service ?? (route.Candidate is { } version ? target.SlotOf(version)?.Service : null);
        var served = (drift is null && kept.Abort is null) || slot is null
            ? inForce.Exposure
            : Exposure.Of(found?.Of(slot) ?? inForce.Exposure.General);
        var status = new RouterStatus(
            inForce, served, health.Of(target, route.Stable), health.Of(target, route.Candidate), null, Join(warnings.Append(counts)))
        {
            Drift = drift,
            Pending = inForce == route ? null : route,
            CountsBecause = inForce == route ? counts : null,
            WaitsFor = inForce == route ? null : kept.Held ?? (kept.Confirmation is { IsDone: false } waiting ? waiting.Why : null),
        };
        return Withheld(status, kept);
    }

    /// <summary>With what an abort does, also while it cannot be written.</summary>
    public static RouterStatus Withheld(RouterStatus status, KeptRoute kept)
    {
        if (kept.Abort is not { } abort) return status;
        var candidate = status.Route.Candidate;
        var still = status.EffectiveExposure.ReachesCandidate ? $", and gets {status.EffectiveExposure} until that can be written" : "";
        return status with
        {
            Abort = abort,
            Withheld = candidate is null ? null : $"{candidate} gets 0 % by {AbortWords.Unrecorded(abort)}{still}",
        };
    }

    private static string? Join(IEnumerable<string?> warnings)
    {
        var all = warnings.OfType<string>().Distinct(StringComparer.Ordinal).ToArray();
        return all.Length == 0 ? null : string.Join("; ", all);
    }
}
