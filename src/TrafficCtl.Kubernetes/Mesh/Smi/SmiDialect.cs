using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh.Smi;

/// <summary>SMI: the weights of a TrafficSplit, v1alpha1 to v1alpha4; for clusters that still have it.</summary>
internal sealed class SmiDialect : IMeshDialect
{
    internal static readonly MeshResource TrafficSplit =
        new("split.smi-spec.io", "trafficsplits", "TrafficSplit", ["v1alpha4", "v1alpha3", "v1alpha2", "v1alpha1"])
        {
            Verbs = ["get", "list", "watch", "create", "patch", "delete"],
        };

    public RouteForm Form { get; } = new("smi", RouteMode.Owned, "linkerd");

    public ImmutableArray<MeshResource> Kinds => [TrafficSplit];

    public ImmutableArray<MeshRead> Needs(RouteScene scene) => [new(TrafficSplit, scene.Route.Name)];

    public LiveShares? Read(RouteScene scene) =>
        scene.Find(TrafficSplit, scene.Route.Name) is { } live ? Backends(scene, live).Shares()
        : scene.Target.Mode == RouteMode.Owned ? null
        : throw Missing(scene);

    public ImmutableArray<MeshEdit> Plan(RouteScene scene, WantedSplit wanted)
    {
        RefuseCohorts(scene, wanted);
        var live = scene.Find(TrafficSplit, scene.Route.Name);
        if (scene.Target.Mode == RouteMode.Owned) return Owned(scene, live, wanted) is { } edit ? [edit] : [];
        if (live is null) throw Missing(scene);
        var patch = new PatchBuilder(live);
        Backends(scene, live).Patch(patch, wanted, bp => Weight(scene, wanted.General, bp));
        return patch.ChangesAnything ? [new MeshEdit.Patch(TrafficSplit, scene.Route.Name, patch.Done())] : [];
    }

    public ImmutableArray<(MeshResource Of, string Name)> Objects(RouteScene scene) => [(TrafficSplit, scene.Route.Name)];

    public ImmutableArray<MeshResource> Sending => [TrafficSplit];

    public ImmutableArray<OtherSender> Senders(RouteScene scene, WantedSplit wanted) =>
    [
        .. scene.All(TrafficSplit)
            .Where(o => JsonRead.Text(o["metadata"]?["name"]) is var name && name != scene.Route.Name && !scene.Target.Manages(name))
            .SelectMany(other => OtherSender.Of(
            $"TrafficSplit {scene.Namespace}/{JsonRead.Text(other["metadata"]?["name"])}", false,
            JsonRead.Items(other["spec"]?["backends"]).Where(b => Quantity.Read(b.Item["weight"]) > 0)
                .Select(b => scene.Target.Slots.FirstOrDefault(s => s.Service == JsonRead.Text(b.Item["service"]))?.Service))),
    ];

    /// <summary>
    /// Without the split the root Service's own selector says where traffic goes: right only when that is the stable slot.
    /// </summary>
    public MeshRelease Release(RouteScene scene, WantedSplit safe)
    {
        if (scene.Target.Mode != RouteMode.Owned) return new(Plan(scene, safe), null);
        if (safe.Stable.Service == scene.Target.Service)
            return new(OwnedObject.Removal(scene, TrafficSplit, scene.Route.Name) is { } removal ? [removal] : [], null);
        return new(
            Plan(scene, safe),
            $"{What(scene)} stays, with all traffic on {safe.Stable.Service}: without it traffic would go where the selector of "
                + $"{scene.Target.Service} says");
    }

    private static MeshEdit? Owned(RouteScene scene, JsonObject? live, WantedSplit wanted)
    {
        // The same split in another scale or notation is the same split.
        if (live is not null && OwnedObject.IsOurs(live) && JsonRead.Text(live["spec"]?["service"]) == scene.Target.Service
            && Backends(scene, live).Shares().SaysWeights(wanted.Shares)) return null;
        var backends = new JsonArray();
        foreach (var slot in new[] { wanted.Stable, wanted.Candidate }.OfType<Slot>())
            backends.Add(
                new JsonObject { ["service"] = slot.Service, ["weight"] = Weight(scene, wanted.General, wanted.ShareOf(slot.Service)) });
        var whole = OwnedObject.Of(scene, TrafficSplit, scene.Route.Name);
        whole["spec"] = new JsonObject { ["service"] = scene.Target.Service, ["backends"] = backends };
        return OwnedObject.Edit(scene, TrafficSplit, scene.Route.Name, whole);
    }

    private static RuleBackends Backends(RouteScene scene, JsonObject live) => new(
        What(scene),
        [
            .. JsonRead.Items(live["spec"]?["backends"]).Select(b => new Backend(
                Pointer.Of("spec", "backends", $"{b.At}"),
                scene.Target.Slots.FirstOrDefault(s => s.Service == JsonRead.Text(b.Item["service"])),
                Quantity.Read(b.Item["weight"]) ?? throw new MeshException(
                    MeshFault.Invalid, $"{What(scene)}: the weight of {JsonRead.Text(b.Item["service"])} is "
                        + $"{b.Item["weight"]?.ToJsonString() ?? "absent"}, which is no weight; write a whole number"),
                JsonRead.Text(b.Item["service"]) ?? "?",
                [("/service", b.Item["service"])])),
        ]);

    /// <summary>v1alpha1 has quantities, where 1 is 1000m: they are written in the smallest unit that the mesh divides by.</summary>
    private static JsonNode Weight(RouteScene scene, Weights of, int basisPoints)
    {
        var weight = WeightScale.For(of).Of(basisPoints);
        return scene.VersionOf(TrafficSplit) == "v1alpha1" ? JsonValue.Create($"{weight}m") : JsonValue.Create(weight);
    }

    private static void RefuseCohorts(RouteScene scene, WantedSplit wanted)
    {
        if (wanted.IsByBucket || !wanted.Cohorts.IsEmpty)
        {
            throw new MeshException(
                MeshFault.Unsupported,
                $"{What(scene)}: a TrafficSplit has one split for all its matches, so neither cohorts with weights of their own nor "
                    + "buckets can be said; leave them out of the steps, or use gateway-api");
        }
    }

    private static string What(RouteScene scene) => $"TrafficSplit {scene.Namespace}/{scene.Route.Name}";

    private static MeshException Missing(RouteScene scene) => new(
        MeshFault.NotFound, $"{What(scene)} does not exist; create it with both Services as backends, or set mode owned");
}
