using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh.Traefik;

/// <summary>Traefik: the weighted services of a TraefikService, which an IngressRoute names once.</summary>
internal sealed class TraefikDialect : IMeshDialect
{
    internal static readonly MeshResource TraefikService = new("traefik.io", "traefikservices", "TraefikService", ["v1alpha1"])
    {
        Verbs = ["get", "list", "watch", "create", "patch"],
    };

    public RouteForm Form { get; } = new("traefik", RouteMode.Owned, "traefik");

    public ImmutableArray<MeshResource> Kinds => [TraefikService];

    public ImmutableArray<MeshRead> Needs(RouteScene scene) => [new(TraefikService, scene.Route.Name)];

    public LiveShares? Read(RouteScene scene) =>
        scene.Find(TraefikService, scene.Route.Name) is { } live ? Backends(scene, live).Shares()
        : scene.Target.Mode == RouteMode.Owned ? null
        : throw Missing(scene);

    public ImmutableArray<MeshEdit> Plan(RouteScene scene, WantedSplit wanted)
    {
        if (wanted.IsByBucket || !wanted.Cohorts.IsEmpty)
        {
            throw new MeshException(
                MeshFault.Unsupported,
                $"{What(scene)}: matches are in the IngressRoute, which is not the controller's, so neither cohorts with weights of their "
                    + "own nor buckets can be said; leave them out of the steps");
        }

        var live = scene.Find(TraefikService, scene.Route.Name);
        if (scene.Target.Mode == RouteMode.Owned)
            return OwnedObject.Edit(scene, TraefikService, scene.Route.Name, Whole(scene, wanted)) is { } edit ? [edit] : [];
        if (live is null) throw Missing(scene);
        var patch = new PatchBuilder(live);
        Backends(scene, live).Patch(patch, wanted, bp => WeightScale.For(wanted.General).Of(bp));
        return patch.ChangesAnything ? [new MeshEdit.Patch(TraefikService, scene.Route.Name, patch.Done())] : [];
    }

    public ImmutableArray<(MeshResource Of, string Name)> Objects(RouteScene scene) => [(TraefikService, scene.Route.Name)];

    public ImmutableArray<MeshResource> Sending => [TraefikService];

    public ImmutableArray<OtherSender> Senders(RouteScene scene, WantedSplit wanted) =>
    [
        .. scene.All(TraefikService)
            .Where(o => JsonRead.Text(o["metadata"]?["name"]) is var name && name != scene.Route.Name && !scene.Target.Manages(name))
            .SelectMany(other => OtherSender.Of(
                $"TraefikService {scene.Namespace}/{JsonRead.Text(other["metadata"]?["name"])}", false,
                JsonRead.Items(other["spec"]?["weighted"]?["services"]).Select(s => Backend(scene, s.At, s.Item)).Where(b => b.Weight > 0)
                    .Select(b => b.Slot?.Service))),
    ];

    /// <summary>An IngressRoute that names a service that is gone answers 404: it stays.</summary>
    public MeshRelease Release(RouteScene scene, WantedSplit safe) => new(
        Plan(scene, safe),
        scene.Target.Mode == RouteMode.Owned && scene.Find(TraefikService, scene.Route.Name) is not null
            ? $"{What(scene)} stays, with all traffic on stable: the IngressRoute that names it would answer 404 without it"
            : null);

    private static JsonObject Whole(RouteScene scene, WantedSplit wanted)
    {
        var scale = WeightScale.For(wanted.General);
        var services = new JsonArray();
        foreach (var slot in new[] { wanted.Stable, wanted.Candidate }.OfType<Slot>())
        {
            var port = slot.Port ?? throw new MeshException(
                MeshFault.Invalid,
                $"{What(scene)} needs a port, and the Service {scene.Namespace}/{slot.Service} has several; name the port of the route");
            services.Add(new JsonObject
            {
                ["name"] = slot.Service,
                ["kind"] = "Service",
                ["port"] = port,
                ["weight"] = scale.Of(wanted.ShareOf(slot.Service)),
            });
        }

        var whole = OwnedObject.Of(scene, TraefikService, scene.Route.Name);
        whole["spec"] = new JsonObject { ["weighted"] = new JsonObject { ["services"] = services } };
        return whole;
    }

    private static RuleBackends Backends(RouteScene scene, JsonObject live)
    {
        if (live["spec"]?["weighted"] is not JsonObject weighted)
            throw new MeshException(
                MeshFault.RuleMissing, $"{What(scene)} has no weighted services; the route must be the one that splits");
        return new RuleBackends(What(scene), [.. JsonRead.Items(weighted["services"]).Select(s => Backend(scene, s.At, s.Item))]);
    }

    private static Backend Backend(RouteScene scene, int at, JsonObject item)
    {
        var name = JsonRead.Text(item["name"]) ?? "?";
        var isService = JsonRead.Text(item["kind"]) is null or "Service"
            && (JsonRead.Text(item["namespace"]) ?? scene.Namespace) == scene.Namespace;
        return new Backend(
            Pointer.Of("spec", "weighted", "services", $"{at}"),
            isService ? scene.Target.Slots.FirstOrDefault(s => s.Service == name) : null,
            JsonRead.Number(item["weight"]) ?? 1,
            name,
            [("/name", item["name"]), ("/kind", item["kind"]), ("/namespace", item["namespace"])]);
    }

    private static string What(RouteScene scene) => $"TraefikService {scene.Namespace}/{scene.Route.Name}";

    private static MeshException Missing(RouteScene scene) => new(
        MeshFault.NotFound,
        $"{What(scene)} does not exist; create it with both Services under weighted, or set mode owned and name it in the IngressRoute");
}
