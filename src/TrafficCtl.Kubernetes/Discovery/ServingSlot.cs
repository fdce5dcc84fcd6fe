using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>
/// Whether what carries traffic can serve: a version whose slot has no ready endpoint answers nobody, whatever the split says.
/// </summary>
internal static class ServingSlot
{
    /// <param name="delivery">The service that the slot belongs to.</param>
    /// <param name="inventory">What is there.</param>
    /// <param name="read">Its slots.</param>
    /// <param name="lastGood">The version that serves without a rollout.</param>
    /// <param name="view">
    /// The engine's word on the split in force; null where it is not known here: then the last good version has all.
    /// </param>
    public static IEnumerable<Remark> Look(
        ClusterDelivery delivery, Inventory inventory, SlotReading read, string lastGood, ServiceView? view)
    {
        var exposure = view?.Router?.EffectiveExposure.General ?? Weights.AllStable;
        var candidate = view?.Record?.Active?.Candidate;
        if (exposure.Stable > 0 || candidate is null)
        {
            if (Without(delivery, inventory, read, lastGood, isGood: true) is { } text) yield return new Remark(Remark.NoEndpoints, text);
        }
        else if (Without(delivery, inventory, read, lastGood, isGood: true) is { } back)
        {
            yield return new Remark("NoWayBack", $"{candidate} has all traffic, and could not be rolled back: {back}");
        }

        if (exposure.Candidate > 0 && candidate is not null && Without(delivery, inventory, read, candidate, isGood: false) is { } other)
            yield return new Remark(Remark.NoEndpoints, other);
    }

    /// <summary>What callers reach that the mesh does not split: the root Service's own pods, whatever the split says.</summary>
    /// <param name="delivery">The service that the slot belongs to; managed mode has a remark of its own.</param>
    /// <param name="inventory">What is there.</param>
    /// <param name="read">Its slots.</param>
    /// <param name="lastGood">The version that serves without a rollout.</param>
    public static IEnumerable<Remark> LookOutside(ClusterDelivery delivery, Inventory inventory, SlotReading read, string lastGood)
    {
        var space = delivery.Namespace;
        if (delivery.IsManaged || inventory.Service(space, delivery.Service) is not { Selector.IsEmpty: false } root) yield break;
        foreach (var slot in read.Slots)
        {
            if (slot.Service == read.Notes.Held || slot.Version is not { } version || version == lastGood) continue;
            if (slot.Workload is not { } name) continue;
            if (inventory.Workload(space, name) is not { Desired: > 0 } workload || !root.Selects(workload)) continue;
            var elsewhere = slot.Service == delivery.Service ? "" : $"set its selector to the pods that serve {lastGood}, or ";
            yield return new Remark(
                "CandidateReachable",
                $"Service {space}/{delivery.Service} selects the pods of {workload.Words}, which run {version} and not {lastGood}: "
                + "callers that the mesh does not split reach them whatever the split says; "
                + $"{elsewhere}put {lastGood} into {name} and the next version behind the other slot");
        }
    }

    /// <summary>Null while a slot that runs the version has a ready endpoint.</summary>
    private static string? Without(ClusterDelivery delivery, Inventory inventory, SlotReading read, string version, bool isGood)
    {
        var space = delivery.Namespace;
        var running = read.Slots.Where(s => s.Version == version).ToArray();
        if (Array.Exists(running, s => inventory.Ready(space, s.Service) > 0)) return null;
        var slot = running.FirstOrDefault(s => s.Service == read.Notes.Held) ?? running.FirstOrDefault();
        if (slot is null)
            return isGood && read.Notes.Held is { } held && inventory.Ready(space, held) == 0
                ? $"no Deployment runs {version} any more, and Service {space}/{held}, which served it, has no ready endpoint: "
                    + $"deploy {version} again"
                : null;
        return $"Service {space}/{slot.Service}, which serves {version}, has no ready endpoint: {Why(delivery, inventory, slot)}";
    }

    private static string Why(ClusterDelivery delivery, Inventory inventory, Slot slot)
    {
        var space = delivery.Namespace;
        if (slot.Workload is not { } name || inventory.Workload(space, name) is not { } workload) return "make its Deployment again";
        if (workload is { IsDaemonSet: true, Desired: 0 })
            return $"{workload.Words} runs on no node; its nodeSelector and tolerations say on which it may";
        return workload.Desired == 0
            ? $"Deployment {name} is scaled to 0; kubectl -n {space} scale deployment/{name} --replicas=1 or more brings it back"
            : $"{workload.Words} asks for {workload.Desired} pods, and none of them is ready; "
                + $"kubectl -n {space} describe pods says why, "
                + $"and kubectl -n {space} rollout undo {workload.Argument} takes back what changed it";
    }
}
