using System.Collections.Immutable;
using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>Services whose root Service was deleted: they are controlled for a grace more, and then ended in order.</summary>
public sealed partial class ClusterDiscovery
{
    /// <summary>
    /// A root Service that is missed is an order to end. One that a Delivery declares beside a pair of the user's need not be there.
    /// </summary>
    private void Depart(KnownService one, ClusterDelivery delivery, DeclaredService declared, Inventory inventory)
    {
        var before = one.Departure;
        var isNeeded = declared.Delivery is null || (delivery.IsManaged && one.Notes.Held is not null);
        departures.Pass(one, !isNeeded || inventory.Service(delivery.Namespace, delivery.Service) is not null, HasEnded);
        if (one.Departure == Departure.None) letGo.TryRemove(one.Name, out _);
        if (one.Departure == before || !leads()) return;
        var text = LeavingOf(one) ?? $"Service {delivery.Namespace}/{delivery.Service} is there again: it goes on as before";
        var isBack = one.Departure == Departure.None;
        teller.Tell(new Told(declared.Origin, IsWarning: !isBack, isBack ? "ServiceBack" : "ServiceDeleted", "Discover", text));
    }

    private static string? LeavingOf(KnownService one) => one is not { Delivery: { } delivery } ? null : one.Departure switch
    {
        Departure.None => null,
        Departure.Grace => $"Service {delivery.Namespace}/{delivery.Service} was deleted: it is controlled as before for "
            + $"{DurationText.Of(Departures.Grace)}; apply it again, or its rollout ends and what the controller made for it is deleted",
        Departure.Ending => $"Service {delivery.Namespace}/{delivery.Service} was deleted and stayed away: its rollout ends, "
            + "and all traffic goes to the version that is good",
        _ => $"Service {delivery.Namespace}/{delivery.Service} was deleted: nothing is decided for it any more, "
            + "and what the controller made for it is deleted as soon as nothing sends requests to it",
    };

    /// <summary>No request goes to another version than the good one, as far as that is the controller's to decide.</summary>
    private bool HasEnded(KnownService one)
    {
        if (one.Spec is null || (views.Find(KeyOf(one))?.Record is null && notes.LastGood(one.Name) is null)) return true;
        return views.Find(KeyOf(one)) is { Record.Active: null, Router: { Pending: null, Abort: null } router }
            && (router.Drift is not null || !router.EffectiveExposure.ReachesCandidate);
    }

    /// <summary>The services whose declaration went with their root Service, also those that an earlier process knew.</summary>
    private IEnumerable<KnownService> Departing(HashSet<string> names, Inventory inventory)
    {
        foreach (var delivery in view.All(KubeKind.Delivery))
        {
            var name = $"{delivery.NamespaceOf()}.{delivery.NameOf()}";
            if (names.Contains(name) || known.ContainsKey(name) || delivery.MapAt("status")?.TextAt("discovery") is null) continue;
            if (notes.Read(name) is { Declared: not null } before) known[name] = new KnownService(name, before, notes.Uid(name));
        }

        foreach (var one in known.Values)
        {
            if (names.Contains(one.Name)) continue;
            var declared = Declared(one);
            if (inventory.Service(declared.Namespace, declared.Service) is not null) continue;
            if (!leads()) one.Notes = one.Kept = notes.Read(one.Name);
            if (letGo.ContainsKey(one.Name) && one.Departure == Departure.Over) one.Notes = one.Notes with { Declared = null };
            else if ((leads() || one.Notes.Declared is not null) && one.Remember(declared.Origin, declared, reader)) yield return one;
        }
    }

    /// <summary>The service that nothing declares now: what is said of it regards the object that keeps its state.</summary>
    private DeclaredService Declared(KnownService one)
    {
        var dot = one.Name.IndexOf('.', StringComparison.Ordinal);
        var name = new KubeName(KubeKind.Delivery, one.Name[..dot], one.Name[(dot + 1)..]);
        var origin = notes.Uid(one.Name) is { } uid ? new KubeOrigin(name, uid) : one.Origin ?? new KubeOrigin(name, "");
        return new DeclaredService(name.Namespace!, name.Name, origin, ImmutableSortedDictionary<string, string>.Empty, null);
    }
}
