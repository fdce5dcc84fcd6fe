using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Services;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Managed;

/// <summary>What there is of a service in managed mode, out of what the informers hold.</summary>
internal static class ManagedReader
{
    /// <param name="service">As discovery found it.</param>
    /// <param name="view">What the informers hold; autoscalers too.</param>
    /// <param name="inventory">The same, indexed.</param>
    /// <param name="record">The store's word; null before the birth.</param>
    /// <param name="settledFor">How long what serves has been the same.</param>
    /// <returns>Null when the Service is not there.</returns>
    public static ManagedSeen? Read(ClusterService service, IKubeView view, Inventory inventory, ServiceRecord? record, TimeSpan settledFor)
    {
        var delivery = service.Delivery;
        var space = delivery.Namespace;
        if (inventory.Service(space, delivery.Service) is not { } root) return null;
        var (stable, candidate) = (inventory.Service(space, delivery.StableService), inventory.Service(space, delivery.CandidateService));
        var source = FindSource(delivery, view, inventory, root);
        var copy = source is null ? null : inventory.Deployment(space, OwnObjects.CopyName(source.Name));
        var seen = new ManagedSeen
        {
            Delivery = delivery,
            Root = root,
            StableService = stable,
            CandidateService = candidate,
            Source = source,
            SourceIs = source is null ? null : inventory.Identify(space, source, candidate),
            SourceReady = source?.Object.NumberAt("status", "readyReplicas") ?? 0,
            Copy = copy,
            CopyIs = copy is null ? null : inventory.Identify(space, copy, stable),
            Refused = Refusal(space, inventory, root),
            LastGood = record?.LastGood,
            Candidate = record?.Active?.Candidate,
            Serving = record is null ? null : service.Spec?.Cluster.SlotOf(record.LastGood)?.Service,
            SettledFor = settledFor,
            OwnConfigs = [.. Own(view, KubeKind.ConfigMap, delivery), .. Own(view, KubeKind.Secret, delivery)],
        };
        seen = seen with
        {
            Named = [.. seen.OwnConfigs.Select(o => (o.Kind, o.Object.NameOf())).Where(o => inventory.IsNamed(space, o.Kind, o.Item2))],
            IsRolling = !seen.OwnConfigs.IsEmpty && inventory.Deployments(space).Any(d => OwnObjects.IsOurs(d.Object) && !d.IsWhole),
        };
        if (source is null) return seen;
        var (scaler, configs) = (Scalers.Of(view, space, source.Name), ConfigsOf(view, space, source));
        var names = configs.Select(c => (Kind: c.Key.Item1, Name: OwnObjects.ConfigName(delivery, c.Key.Item1, c.Value)));
        if (scaler is not null) names = names.Append((scaler.Kind, OwnObjects.CopyName(scaler.Name)));
        return seen with
        {
            Configs = configs,
            There = names.Select(n => (n.Kind, n.Name, Object: view.Get(new KubeName(n.Kind, space, n.Name))))
                .Where(n => n.Object is not null)
                .ToImmutableDictionary(n => (n.Kind, n.Name), n => n.Object!),
            SourceScaler = scaler,
            CopyScaler = CopyScalerOf(view, delivery, scaler),
        };
    }

    /// <summary>The one that a copy names, else the one behind the Service, else the one of its name.</summary>
    private static SeenDeployment? FindSource(ClusterDelivery delivery, IKubeView view, Inventory inventory, SeenService root)
    {
        var space = delivery.Namespace;
        var behind = Deployments(inventory, space, root);
        var stable = inventory.Service(space, delivery.StableService) is { } slot ? Deployments(inventory, space, slot) : [];
        foreach (var copy in behind.Concat(stable))
            if (OwnObjects.IsOurs(copy.Object, delivery) && copy.Object.Annotation(OwnObjects.Source) is { } name)
                return inventory.Deployment(space, name);
        return behind.RemoveAll(d => OwnObjects.IsOurs(d.Object)) is [var one] ? one : inventory.Deployment(space, delivery.Service);
    }

    /// <summary>The one of the copy; of several the one that is to go.</summary>
    private static SeenScaler? CopyScalerOf(IKubeView view, ClusterDelivery delivery, SeenScaler? source)
    {
        var own = Own(view, KubeKind.ScaledObject, delivery).Concat(Own(view, KubeKind.HorizontalPodAutoscaler, delivery))
            .Where(o => !Scalers.IsOfKeda(o.Object)).Select(o => new SeenScaler(o.Kind, o.Object)).ToArray();
        return Array.Find(own, o => o.Kind != source?.Kind || o.Name != OwnObjects.CopyName(source.Name)) ?? own.FirstOrDefault();
    }

    private static ImmutableArray<SeenDeployment> Deployments(Inventory inventory, string space, SeenService service) =>
        inventory.Behind(space, service).RemoveAll(d => d.IsDaemonSet);

    /// <summary>
    /// A copy of a DaemonSet would want the same nodes and host ports; pods of an unknown owner have no template to copy.
    /// </summary>
    private static Remark? Refusal(string space, Inventory inventory, SeenService root)
    {
        var behind = inventory.Behind(space, root);
        if (behind.FirstOrDefault(d => d.IsDaemonSet) is { } set)
            return new Remark(
                "NoWorkload",
                $"managed mode copies a Deployment, and Service {space}/{root.Object.NameOf()} selects the pods of {set.Words}, "
                + "whose copy would want the same nodes and host ports: give each version a DaemonSet and a Service of its own, "
                + "and leave managed out");
        return ForeignWorkloads.Look(space, root, behind, inventory.Ready(space, root.Object.NameOf()));
    }

    /// <summary>Secrets only where they are watched, which is where they may be copied.</summary>
    private static ImmutableDictionary<(KubeKind, string), JsonObject> ConfigsOf(IKubeView view, string space, SeenDeployment source)
    {
        var found = ImmutableDictionary.CreateBuilder<(KubeKind, string), JsonObject>();
        ConfigReferences.Visit(source.Template, reference =>
        {
            if (view.Get(new KubeName(reference.Kind, space, reference.Name)) is { } config
                && config.Annotation($"{DeclaredService.Prefix}tracked") != "false")
                found[(reference.Kind, reference.Name)] = config;
            return reference.Name;
        });
        return found.ToImmutable();
    }

    /// <summary>What was made for the service.</summary>
    private static IEnumerable<(KubeKind Kind, JsonObject Object)> Own(IKubeView view, KubeKind kind, ClusterDelivery delivery) =>
        from thing in view.All(kind)
        where thing.NamespaceOf() == delivery.Namespace && OwnObjects.IsMade(thing) && OwnObjects.IsOurs(thing, delivery)
        select (kind, thing);
}
