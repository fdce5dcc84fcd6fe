using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Managed;

/// <summary>
/// Deletes what was made for one service whose root Service is gone, unless something of the user still sends requests to it.
/// </summary>
internal sealed class Remains(ClusterLink cluster, RouteUses routes, ClearingReports reports)
{
    private readonly Inventory.Memory memory = new();

    /// <summary>
    /// Takes our ownership off an object of an earlier build: the garbage collector would delete it with a Service that is only
    /// replaced.
    /// </summary>
    public async ValueTask DisownAsync(MadeObject thing, CancellationToken stop)
    {
        if (thing.Object.TextAt("metadata", "resourceVersion") is not { } version) return;
        var owners = OwnObjects.OwnersBesideServices(thing.Object);
        var metadata = new JsonObject { ["resourceVersion"] = version, ["ownerReferences"] = owners };
        try
        {
            await cluster.Kube.PatchAsync(thing.Name, KubePatch.Merge(new JsonObject { ["metadata"] = metadata }), null, stop);
            reports.Say($"{thing.Name} is owned by its Service no longer: it stays where that is replaced");
        }
        catch (KubeException fault)
        {
            reports.NotCleared(thing.Name.ToString(), fault.Message);
        }
    }

    /// <param name="root">The Service that is gone.</param>
    /// <param name="made">For it, in the order of deletion.</param>
    /// <param name="gone">For how long.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="KubeException">Not all is deleted; the next pass sees what is left.</exception>
    public async ValueTask ClearAsync(KubeName root, ImmutableArray<MadeObject> made, TimeSpan gone, CancellationToken stop)
    {
        // Capacity goes with its autoscaler, and only when the server says now that the Service is gone.
        if (!cluster.View.IsSynced(KubeKind.HorizontalPodAutoscaler) || await cluster.Kube.GetAsync(root, stop) is not null) return;
        if (await ManagedMode.HasKedaAsync(cluster.Kube, stop) && !cluster.View.IsSynced(KubeKind.ScaledObject)) return;
        if (await UsedByAsync(root.Namespace!, made, stop) is { } used)
        {
            reports.Tell(
                root, "StillUsed",
                $"Service {root.Namespace}/{root.Name} was deleted, and {used}, which the controller made for it: that stays. "
                + "Delete what sends to it, or let it send to objects of your own");
            return;
        }

        var inventory = new Inventory(cluster.View, memory);
        foreach (var copy in made.Where(m => m.Kind == KubeKind.Deployment))
            if (!await GiveBackAsync(root, copy, inventory, gone, stop)) return;
        foreach (var thing in made)
        {
            if (thing.IsConfig && await NamedConfig.IsNamedAsync(cluster.Kube, thing.Name, stop)) continue;
            await cluster.Kube.DeleteAsync(thing.Name, new KubeDelete(thing.Object.UidOf()), stop);
            reports.Say($"{thing.Name} is deleted: Service {root.Namespace}/{root.Name} is gone");
        }

        var done = $"Service {root.Namespace}/{root.Name} was deleted: what the controller made for it is deleted too";
        reports.Tell(root, "Cleared", done, isWarning: false);
    }

    /// <summary>Who still sends requests to what was made; null when nobody does.</summary>
    private async ValueTask<string?> UsedByAsync(string space, ImmutableArray<MadeObject> made, CancellationToken stop)
    {
        foreach (var copy in made.Where(m => m.Kind == KubeKind.Deployment).Select(m => SeenDeployment.Of(m.Object)))
            foreach (var service in cluster.View.All(KubeKind.Service).Where(s => s.NamespaceOf() == space && !OwnObjects.IsOurs(s)))
                if (SeenService.Of(service).Selects(copy))
                    return $"Service {space}/{service.NameOf()} still selects the pods of Deployment {copy.Name}";
        var slots = made.Where(m => m.Kind == KubeKind.Service).Select(m => m.Name.Name).ToArray();
        return slots.Length > 0 && await routes.FindAsync(space, slots, stop) is { } route
            ? $"{route} still sends requests to Service {string.Join(" or ", slots)}"
            : null;
    }

    /// <summary>What the controller scaled down runs again before its copy goes, where it is the same version.</summary>
    /// <returns>False while it does not yet.</returns>
    private async ValueTask<bool> GiveBackAsync(KubeName root, MadeObject copy, Inventory inventory, TimeSpan gone, CancellationToken stop)
    {
        if (copy.Object.Annotation(OwnObjects.Source) is not { } name) return true;
        if (inventory.Deployment(root.Namespace!, name) is not { } source) return true;
        if (Scalers.Of(cluster.View, root.Namespace!, name) is { IsPausedByUs: true } paused)
        {
            var scaler = new KubeName(paused.Kind, root.Namespace, paused.Name);
            await cluster.Kube.PatchAsync(scaler, ManagedMode.PauseOf(isPaused: false), null, stop);
        }

        var parked = copy.Object.Annotation(OwnObjects.Parked)?.Split(" behind ");
        if (parked is not [var version, var good] || version != good) return true;
        if (source.Desired == 0)
        {
            var replicas = Math.Max(1, SeenDeployment.Of(copy.Object).Desired);
            var scale = KubePatch.Merge(new JsonObject { ["spec"] = new JsonObject { ["replicas"] = replicas } });
            await cluster.Kube.PatchAsync(new KubeName(KubeKind.Deployment, root.Namespace, name), scale, null, stop);
            reports.Say($"Deployment {root.Namespace}/{name} is scaled to {replicas}: its copy is deleted");
            return false;
        }

        return (source.Object.NumberAt("status", "readyReplicas") ?? 0) >= source.Least || gone >= Departures.Grace + Departures.Limit;
    }
}
