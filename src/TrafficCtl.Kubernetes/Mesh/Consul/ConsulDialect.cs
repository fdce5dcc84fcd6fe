using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh.Consul;

/// <summary>
/// Consul: the splits of a service-splitter, and the routes of a service-router for cohorts; both over the HTTP API, written whole with
/// check-and-set.
/// </summary>
internal sealed class ConsulDialect : IMeshDialect
{
    internal static readonly MeshResource Splitter = new("consul", "service-splitter", "service-splitter", ["v1"]);
    internal static readonly MeshResource Router = new("consul", "service-router", "service-router", ["v1"]);

    public RouteForm Form { get; } = new("consul", RouteMode.Owned, Metrics: null);

    public MeshHome Home => MeshHome.Consul;

    public ImmutableArray<MeshResource> Kinds => [];

    public ImmutableArray<MeshRead> Needs(RouteScene scene) => [new(Splitter, scene.Route.Name), new(Router, scene.Route.Name)];

    public LiveShares? Read(RouteScene scene) =>
        scene.Find(Splitter, scene.Route.Name) is { } live ? Backends(scene, live).Shares()
        : scene.Target.Mode == RouteMode.Owned ? null
        : throw new MeshException(
            MeshFault.NotFound, $"{What(scene)} does not exist; write it with a split for each of the two services, or set mode owned");

    public ImmutableArray<MeshEdit> Plan(RouteScene scene, WantedSplit wanted)
    {
        if (wanted.IsByBucket) throw Unsupported(scene, $"a split by the header {BucketPattern.Header} is not written for Consul");
        var edits = ImmutableArray.CreateBuilder<MeshEdit>();
        if (ConsulRouter.Edit(scene, wanted) is { } router) edits.Add(router);
        var live = scene.Find(Splitter, scene.Route.Name);
        if (live is null || scene.Target.Mode == RouteMode.Owned && !ConsulEntry.IsOurs(live))
        {
            if (scene.Target.Mode == RouteMode.Patch) _ = Read(scene);
            if (live is not null) throw ConsulEntry.NotOurs(What(scene));
            var whole = ConsulEntry.Of(scene, Splitter);
            whole["Splits"] = new JsonArray(
                [.. new[] { wanted.Stable, wanted.Candidate }.OfType<Slot>().Select(s => Split(s, wanted.ShareOf(s.Service)))]);
            edits.Add(new MeshEdit.Replace(Splitter, scene.Route.Name, whole, "0"));
            return edits.ToImmutable();
        }

        var backends = Backends(scene, live);
        var shares = backends.Shares();
        if (shares.Says(wanted.Shares)) return edits.ToImmutable();
        var next = live.DeepClone().AsObject();
        foreach (var (service, _) in wanted.Shares.Of)
        {
            if (!shares.Has(service))
                throw new MeshException(
                    MeshFault.BackendMissing,
                    $"{What(scene)} has no split for {service}, which is to take {wanted.Shares}; add it there with weight 0");
        }

        foreach (var (at, split) in JsonRead.Items(next["Splits"]))
            if (backends.All[at].Slot is { } slot) split["Weight"] = Weight(wanted.ShareOf(slot.Service));
        edits.Add(new MeshEdit.Replace(Splitter, scene.Route.Name, next, ConsulEntry.Version(live)));
        return edits.ToImmutable();
    }

    public ImmutableArray<(MeshResource Of, string Name)> Objects(RouteScene scene) =>
        [(Splitter, scene.Route.Name), (Router, scene.Route.Name)];

    /// <summary>Without a splitter traffic goes to the instances of the name itself: right only when those are stable.</summary>
    public MeshRelease Release(RouteScene scene, WantedSplit safe)
    {
        var owned = scene.Target.Mode == RouteMode.Owned && scene.Find(Splitter, scene.Route.Name) is { } live && ConsulEntry.IsOurs(live);
        if (!owned) return new(Plan(scene, safe), null);
        if (safe.Stable.Service != scene.Route.Name)
            return new(Plan(scene, safe), $"{What(scene)} stays, with all traffic on {safe.Stable.Service}: without it traffic would go "
                + $"to the instances of {scene.Route.Name}");
        var removals = new[] { Router, Splitter }
            .Select(of => scene.Find(of, scene.Route.Name) is { } entry && ConsulEntry.IsOurs(entry)
                ? new MeshEdit.Delete(of, scene.Route.Name, ConsulEntry.Version(entry))
                : null);
        return new([.. removals.OfType<MeshEdit>()], null);
    }

    private static RuleBackends Backends(RouteScene scene, JsonObject live) => new(
        What(scene),
        [
            .. JsonRead.Items(live["Splits"]).Select(s => new Backend(
                "",
                JsonRead.Text(s.Item["ServiceSubset"]) is { Length: > 0 }
                    ? null
                    : scene.Target.Slots.FirstOrDefault(t => t.Service == Target(scene, s.Item)),
                JsonRead.Number(s.Item["Weight"]) ?? 0,
                Target(scene, s.Item) + (JsonRead.Text(s.Item["ServiceSubset"]) is { Length: > 0 } subset ? $" subset {subset}" : ""),
                [])),
        ]);

    /// <summary>A split without a service is of the splitter's own.</summary>
    private static string Target(RouteScene scene, JsonObject split) =>
        JsonRead.Text(split["Service"]) is { Length: > 0 } service ? service : scene.Route.Name;

    private static JsonNode Split(Slot slot, int basisPoints) =>
        new JsonObject { ["Weight"] = Weight(basisPoints), ["Service"] = slot.Service };

    /// <summary>Percents with two decimals; the sum must be 100.</summary>
    private static JsonNode Weight(int basisPoints) => JsonValue.Create(basisPoints / (Weights.Total / 100m));

    private static string What(RouteScene scene) => $"service-splitter {scene.Route.Name}";

    private static MeshException Unsupported(RouteScene scene, string why) =>
        new(MeshFault.Unsupported, $"{What(scene)}: {why}; change the steps");
}
