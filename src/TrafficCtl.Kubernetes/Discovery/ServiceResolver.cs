using System.Collections.Immutable;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>Makes of a declaration and of what runs behind its slots what the engine is given.</summary>
internal sealed class ServiceResolver(DeliveryNotes notes, Views views)
{
    private readonly SlotReader slots = new();

    /// <summary>Services that are no longer declared.</summary>
    public void Forget(Predicate<string> isGone) => slots.Forget(isGone);

    /// <param name="one">The service; it has a declaration.</param>
    /// <param name="delivery">The declaration in force.</param>
    /// <param name="origin">What declares it.</param>
    /// <param name="findings">The findings of this pass.</param>
    /// <param name="remarks">Are added to.</param>
    /// <returns>The service with its <see cref="KnownService.Spec"/> as it is now.</returns>
    public KnownService Resolve(
        KnownService one, ClusterDelivery delivery, KubeOrigin origin, PassFindings findings,
        ImmutableArray<(KubeOrigin, Remark)>.Builder remarks)
    {
        if (findings.TakeName(one.Name, delivery.Environment) is { } other)
        {
            remarks.Add((origin, new Remark(
                "InvalidDelivery",
                $"{origin}: rollouts of {one.Name} in {delivery.Environment} would have the names of those of {other}: "
                + "choose another environment")));
            return one with { Spec = null };
        }

        var view = views.Find(one.Key);
        var lastGood = view?.Record?.LastGood ?? notes.LastGood(one.Name);
        var read = slots.Read(delivery, findings.Inventory, lastGood, one.Notes);
        foreach (var remark in read.Remarks) remarks.Add((origin, remark));
        if (lastGood is not null)
        {
            foreach (var remark in ServingSlot.Look(delivery, findings.Inventory, read, lastGood, view)) remarks.Add((origin, remark));
            foreach (var remark in ServingSlot.LookOutside(delivery, findings.Inventory, read, lastGood)) remarks.Add((origin, remark));
        }

        var next = one with { Notes = read.Notes };
        if (Controlled(one, read, lastGood) is not { } now)
        {
            var waits = read.Stable is { } stable ? $"{stable} is not ready yet" : "no Deployment runs";
            remarks.Add((origin, new Remark(
                "NothingToServe",
                $"{origin}: {waits} behind Service {delivery.Namespace}/{delivery.StableService}, so nothing can be controlled yet")));
            return next with { Spec = null };
        }

        if (one.Spec is { } same && ReferenceEquals(one.SpecOf, delivery)
            && same.Versions.SequenceEqual(now.Versions) && same.Cluster.Slots.SequenceEqual(now.Slots)) return next;
        return next with
        {
            SpecOf = delivery,
            Spec = delivery.With(now.Versions, now.Slots) with
            {
                Listing = Listing.Behind(origin.ToString(), [.. read.Slots.Select(s => s.Service)]),
            },
        };
    }

    /// <summary>Null while nothing can be controlled.</summary>
    private static SlotReading? Controlled(KnownService one, SlotReading read, string? lastGood)
    {
        var versions = read.Versions.IsEmpty && one.Spec is { } before ? before.Versions : read.Versions;
        var running = read.Slots;
        if (one.Departure == Departure.Ending && lastGood is not null)
        {
            // To the engine nothing else runs any more, so it ends the rollout and takes the traffic back.
            versions = versions.RemoveAll(v => v.Version != lastGood);
            running = [.. running.Select(s => s.Version == lastGood ? s : s with { Version = null, IsReady = false })];
        }

        var isUnborn = one.Spec is null && lastGood is null && read.Notes.Held is null && !read.Slots[0].IsReady;
        return versions.IsEmpty || isUnborn ? null : read with { Versions = versions, Slots = running };
    }
}
