using System.Collections.Immutable;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>Something about a service that a person should know of.</summary>
/// <param name="Reason">One word, such as <c>SlotMissing</c>.</param>
internal sealed record Remark(string Reason, string Text)
{
    /// <summary>The reasons that the condition <c>Serving</c> takes over.</summary>
    public const string ChangedInPlace = "ChangedInPlace", NoEndpoints = "NoEndpoints";
}

/// <summary>What runs behind a service's slots.</summary>
/// <param name="Versions">The first slot's first; empty when nothing runs.</param>
/// <param name="Notes">To be kept.</param>
/// <param name="Stable">The first slot's version; null when none is known there.</param>
internal sealed record SlotReading(
    ImmutableArray<Slot> Slots, ImmutableArray<VersionSpec> Versions, SlotNotes Notes, string? Stable, ImmutableArray<Remark> Remarks);

/// <summary>Reads what runs behind the slots of services, and whether it may take their traffic.</summary>
/// <remarks>
/// A slot becomes ready when no pod of another version is left and enough of its endpoints are ready; an earlier slot that
/// comes to run what another slot serves also needs as many as that one has. Once ready it stays so while one endpoint is:
/// an autoscaler or a drained node must not move traffic between slots. While a template waits for configuration no pod of it
/// starts, so what ran before runs on.
/// </remarks>
internal sealed class SlotReader
{
    private readonly Dictionary<(string Service, string Slot), string> readyVersions = [];
    private readonly Dictionary<(string Service, string Slot), (string Uid, TemplateIdentity Is)> known = [];

    /// <param name="delivery">What to read.</param>
    /// <param name="inventory">What is there.</param>
    /// <param name="lastGood">The version that serves without a rollout; null when the service is not born yet.</param>
    /// <param name="notes">As they were kept.</param>
    public SlotReading Read(ClusterDelivery delivery, Inventory inventory, string? lastGood, SlotNotes notes)
    {
        var remarks = ImmutableArray.CreateBuilder<Remark>();
        var found = ImmutableArray.Create(delivery.StableService, delivery.CandidateService)
            .Select(slot => Find(delivery, inventory, slot, slot == notes.Held ? lastGood : null, remarks)).ToArray();
        var aliases = Rename(delivery, found, lastGood, notes, remarks);
        var slots = found.Select(f => f.ToSlot(IsReady(delivery, f, found, notes.Held))).ToImmutableArray();
        var held = lastGood is null ? notes.Held : slots.FirstOrDefault(s => s.Version == lastGood && s.IsReady)?.Service
            ?? (slots.Any(s => s.Service == notes.Held && s.Version == lastGood)
                ? notes.Held
                : slots.FirstOrDefault(s => s.Version == lastGood)?.Service ?? notes.Held);
        var versions = found.Where(f => f.Version is not null).DistinctBy(f => f.Version, StringComparer.Ordinal)
            .Select(f => new VersionSpec(f.Version!, [], f.Content)).ToImmutableArray();
        var isSeen = lastGood is not null && slots.Any(s => s.Service == held && s.Version == lastGood);
        var heldVersion = isSeen ? lastGood : held == notes.Held ? notes.HeldVersion : null;
        var next = notes with { Held = held, HeldVersion = heldVersion, Aliases = aliases };
        return new SlotReading(slots, versions, next, found[0].Version, remarks.ToImmutable());
    }

    /// <summary>Services that are no longer declared.</summary>
    public void Forget(Predicate<string> isGone)
    {
        foreach (var key in readyVersions.Keys.Where(k => isGone(k.Service)).ToArray()) readyVersions.Remove(key);
        foreach (var key in known.Keys.Where(k => isGone(k.Service)).ToArray()) known.Remove(key);
    }

    /// <param name="delivery">What to read.</param>
    /// <param name="inventory">What is there.</param>
    /// <param name="slot">The Service.</param>
    /// <param name="serving">The version that it serves; null when it does not.</param>
    /// <param name="remarks">Are added to.</param>
    private Found Find(ClusterDelivery delivery, Inventory inventory, string slot, string? serving, ImmutableArray<Remark>.Builder remarks)
    {
        var space = delivery.Namespace;
        if (inventory.Service(space, slot) is not { } service)
        {
            remarks.Add(new Remark("SlotMissing", delivery.IsManaged
                ? $"there is no Service {space}/{slot} yet: the controller makes it"
                : $"there is no Service {space}/{slot}: make it, or name another with "
                    + $"{DeclaredService.Prefix}{(slot == delivery.StableService ? "stable-service" : "candidate-service")}"));
            return new Found(slot, null);
        }

        var behind = inventory.Behind(space, service);
        if (behind.Length > 1) behind = behind.RemoveAll(d => d.Desired == 0);
        if (behind.Length > 1)
        {
            var words = string.Join(" and ", behind.Select(d => d.Words));
            remarks.Add(new Remark(
                "SlotAmbiguous",
                $"Service {space}/{slot} selects the pods of {words}: a slot runs one; narrow its selector, or scale the others to 0"));
        }

        if (service.Selector.IsEmpty)
            remarks.Add(new Remark(
                "SlotAmbiguous", $"Service {space}/{slot} has no selector, so nobody can say which version is behind it: give it one"));
        var foreign = ForeignWorkloads.Look(space, service, behind, inventory.Ready(space, slot));
        if (foreign is not null) remarks.Add(foreign);
        if (behind is not [var workload]) return new Found(slot, service.Port);
        var key = (NameOf(delivery), slot);
        var identity = inventory.Identify(space, workload, service);
        if (identity is not null)
        {
            known[key] = (workload.Uid, identity);
        }
        else
        {
            if (known.TryGetValue(key, out var before) && before.Uid == workload.Uid) identity = before.Is;
            var missing = string.Join(" and ", inventory.Missing(space, workload));
            remarks.Add(new Remark(
                "ConfigMissing",
                $"{workload.Kind.Kind} {space}/{workload.Name} waits for {missing}: no pod of it starts without, "
                + "and nobody can say which version it will be; make it, or mark the reference optional"));
        }

        return new Found(slot, service.Port)
        {
            Workload = workload,
            Ready = inventory.Ready(space, slot),
            True = identity?.Version,
            Version = identity?.Version ?? serving,
            Content = identity?.Content,
            IsForeign = foreign is not null,
        };
    }

    /// <summary>
    /// The slot that serves keeps its name while it is changed in place: what serves must never be nowhere. Only where another slot runs
    /// the last good version with as many ready endpoints does that one take over, and what the change made is a version of its own.
    /// </summary>
    private static ImmutableSortedDictionary<string, Alias> Rename(
        ClusterDelivery delivery, Found[] found, string? lastGood, SlotNotes notes, ImmutableArray<Remark>.Builder remarks)
    {
        var aliases = notes.Aliases;
        var held = Array.Find(found, f => f.Service == notes.Held);
        var isReplaced = lastGood is not null && held is not null && held.True != lastGood
            && Array.Exists(found, f => f != held && f.True == lastGood && f.CanReplace(held));
        foreach (var slot in found)
        {
            if (!aliases.TryGetValue(slot.Service, out var alias) || slot.True is null) continue;
            // What the change made may have become good meanwhile, by a rollout from the other slot.
            if (alias.Version == slot.True && slot.True != lastGood && !(isReplaced && slot == held && alias.Name == lastGood))
                slot.Version = alias.Name;
            else aliases = aliases.Remove(slot.Service);
        }

        if (lastGood is not null && held is { True: { } now } && held.Version != lastGood && !isReplaced
            && (notes.HeldVersion == lastGood || Array.TrueForAll(found, f => f.Version != lastGood)))
        {
            held.Version = lastGood;
            aliases = aliases.SetItem(held.Service, new Alias(now, lastGood));
        }

        foreach (var slot in found)
            if (slot.True is not null && slot.True != slot.Version)
                remarks.Add(new Remark(Remark.ChangedInPlace, InPlace(delivery, slot)));
        return aliases;
    }

    private static string InPlace(ClusterDelivery delivery, Found slot)
    {
        var (space, name, workload) = (delivery.Namespace, slot.Workload!.Name, slot.Workload);
        return $"{workload.Words} behind Service {space}/{slot.Service} was changed to {slot.True} while it served as {slot.Version}: "
            + "that took no rollout and cannot be taken back by one; its traffic stays where it is. "
            + $"kubectl -n {space} rollout undo {workload.Argument} puts it back. "
            + (delivery.IsManaged
                ? $"New versions go into your own Deployment, of which {name} is the copy"
                : "Put new versions behind the slot that does not serve, or use managed mode");
    }

    private static string NameOf(ClusterDelivery delivery) => $"{delivery.Namespace}.{delivery.Service}";

    private bool IsReady(ClusterDelivery delivery, Found slot, Found[] all, string? held)
    {
        var key = (NameOf(delivery), slot.Service);
        if (slot.Version is not { } version || slot.Workload is not { } workload)
        {
            readyVersions.Remove(key);
            return false;
        }

        // Whoever else runs pods there: nothing is begun with them, and nothing that is under way ends by them.
        if (slot.IsForeign && held is null) return false;
        var was = readyVersions.TryGetValue(key, out var before) ? before == version : slot.Service == held;
        var other = Array.Find(all, f => f.Service != slot.Service && f.Version == version);
        var needed = was ? 1 : other is not null
            && (held is null ? Array.IndexOf(all, other) > Array.IndexOf(all, slot) : other.Service == held)
            ? Math.Max(workload.Least, other.Ready)
            : workload.Least;
        var isReady = slot.Ready >= needed && (was || workload.IsWhole);
        if (isReady) readyVersions[key] = version;
        else readyVersions.Remove(key);
        return isReady;
    }

    private sealed class Found(string service, int? port)
    {
        public string Service => service;

        public SeenDeployment? Workload { get; init; }

        public int Ready { get; init; }

        /// <summary>What its pod template is.</summary>
        public string? True { get; init; }

        /// <summary>What it is called.</summary>
        public string? Version { get; set; }

        public string? Content { get; init; }

        /// <summary>Its ready pods are not the workload's.</summary>
        public bool IsForeign { get; init; }

        /// <summary>No pod of another version is left, and there are as many ready endpoints as the slot has that serves.</summary>
        public bool CanReplace(Found serving) =>
            Workload is { IsWhole: true } workload && Ready >= Math.Max(workload.Least, serving.Ready);

        public Slot ToSlot(bool isReady) => new(service, port, Workload?.Name, Version, isReady);
    }
}
