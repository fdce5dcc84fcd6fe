using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh.GatewayApi;

/// <summary>
/// Gateway API: weights of one rule of an HTTPRoute or GRPCRoute (patch), or a route of our own under the Service (owned); cohorts in a
/// second route of our own.
/// </summary>
internal sealed class GatewayApiDialect : IMeshDialect
{
    private const string Group = "gateway.networking.k8s.io";

    internal static readonly MeshResource HttpRoute = new(Group, "httproutes", "HTTPRoute", ["v1", "v1beta1"])
    {
        Verbs = ["get", "list", "watch", "create", "patch", "delete"],
    };
    internal static readonly MeshResource GrpcRoute = new(Group, "grpcroutes", "GRPCRoute", ["v1", "v1beta1", "v1alpha2"])
    {
        Verbs = ["get", "list", "watch", "create", "patch", "delete"],
    };
    internal static readonly MeshResource ServiceProfile = new("linkerd.io", "serviceprofiles", "ServiceProfile", ["v1alpha2"])
    {
        Verbs = ["get", "list", "watch"],
    };

    public RouteForm Form { get; } = new("gateway-api", RouteMode.Patch, Metrics: null) { HasRules = true, RepeatsRule = true };

    public bool CanMirror => true;

    public ImmutableArray<MeshResource> Kinds => [HttpRoute, GrpcRoute, ServiceProfile];

    public ImmutableArray<MeshRead> Needs(RouteScene scene)
    {
        var http = new MeshRead(HttpRoute, scene.Route.Name);
        var grpc = new MeshRead(GrpcRoute, scene.Route.Name, IsOptional: true);
        if (scene.Target.Mode == RouteMode.Patch)
        {
            if (!scene.Has(http)) return [http];
            if (scene.Find(HttpRoute, scene.Route.Name) is null && !scene.Has(grpc)) return [http, grpc];
        }

        var of = KindOf(scene);
        var reads = ImmutableArray.CreateBuilder<MeshRead>();
        reads.Add(http);
        if (scene.Has(grpc)) reads.Add(grpc);
        reads.Add(new MeshRead(of, CohortRoute.NameOf(scene)));
        if (IsMesh(scene)) reads.Add(new MeshRead(ServiceProfile, ProfileName(scene), IsOptional: true));
        return reads.ToImmutable();
    }

    public LiveShares? Read(RouteScene scene)
    {
        var live = Live(scene);
        if (live is null) return scene.Target.Mode == RouteMode.Owned ? null : throw Missing(scene);
        var rule = Rule(scene, live);
        var main = GatewayBackends.Of(scene, What(scene), rule).Shares();
        return CohortRoute.Mix(scene, KindOf(scene), main) with { Shadow = GatewayMirrors.Of(scene, What(scene), rule).Share };
    }

    public ImmutableArray<MeshEdit> Plan(RouteScene scene, WantedSplit wanted)
    {
        var of = KindOf(scene);
        var live = Live(scene);
        if (wanted.IsShadow && IsLinkerd(scene, live))
        {
            throw new MeshException(
                MeshFault.Unsupported,
                $"{What(scene)} is obeyed by Linkerd, which sends no copies of requests; leave the shadow steps out");
        }

        // By bucket, the second route takes the candidate's buckets, and everybody without one of them is stable.
        var isSplitByBucket = wanted.IsByBucket && wanted.General.IsSplit;
        var main = isSplitByBucket ? wanted with { General = Core.Routing.Weights.AllStable } : wanted;
        var edits = ImmutableArray.CreateBuilder<MeshEdit>();
        JsonObject source;
        if (scene.Target.Mode == RouteMode.Owned)
        {
            source = OwnedRoute.Whole(scene, of, main);
            if (OwnedObject.Edit(scene, of, scene.Route.Name, source) is { } edit) edits.Add(edit);
            else if (GatewayMirrors.Of(scene, What(scene), Rule(scene, live!)).Share != wanted.Shadow.GetValueOrDefault())
                edits.Add(new MeshEdit.Apply(of, scene.Route.Name, source));
        }
        else
        {
            source = live ?? throw Missing(scene);
            var rule = Rule(scene, live);
            var patch = new PatchBuilder(live);
            patch.Test(Pointer.Of("spec", "rules", $"{rule.At}", "name"), rule.Rule["name"]);
            GatewayBackends.Of(scene, What(scene), rule).Patch(patch, main, bp => WeightScale.For(main.General).Of(bp));
            GatewayMirrors.Patch(scene, What(scene), rule, wanted, patch);
            if (patch.ChangesAnything) edits.Add(new MeshEdit.Patch(of, scene.Route.Name, patch.Done()));
        }

        if (CohortRoute.Edit(scene, of, source, wanted) is { } cohorts) edits.Add(cohorts);
        return edits.ToImmutable();
    }

    public AcceptanceStatus Assent(RouteScene scene)
    {
        if (Live(scene) is not { } live) return AcceptanceStatus.Not($"{What(scene)} does not exist yet");
        var main = ParentStatus.Of(What(scene), live);
        if (!main.IsGiven) return main;
        var cohorts = scene.Find(KindOf(scene), CohortRoute.NameOf(scene));
        return cohorts is null ? main : ParentStatus.Of($"{KindOf(scene).Kind} {scene.Namespace}/{CohortRoute.NameOf(scene)}", cohorts);
    }

    public ImmutableArray<(MeshResource Of, string Name)> Objects(RouteScene scene) =>
        [(KindOf(scene), scene.Route.Name), (KindOf(scene), CohortRoute.NameOf(scene))];

    public MeshRelease Release(RouteScene scene, WantedSplit safe)
    {
        if (scene.Target.Mode == RouteMode.Patch) return new(Plan(scene, safe), null);
        // Without the route its Service goes where its own selector says: right only when that is the stable slot.
        if (safe.Stable.Service != scene.Target.Service)
            return new(Plan(scene, safe), $"{What(scene)} stays, with all traffic on {safe.Stable.Service}: without it traffic would go "
                + $"where the selector of {scene.Target.Service} says");
        var of = KindOf(scene);
        return new(
            [.. new[] { OwnedObject.Removal(scene, of, CohortRoute.NameOf(scene)), OwnedObject.Removal(scene, of, scene.Route.Name) }
                .OfType<MeshEdit>()],
            null);
    }

    public ImmutableArray<string> Warnings(RouteScene scene)
    {
        var warnings = ImmutableArray.CreateBuilder<string>();
        if (scene.Find(ServiceProfile, ProfileName(scene)) is not null)
        {
            warnings.Add(
                $"ServiceProfile {scene.Namespace}/{ProfileName(scene)} exists: Linkerd obeys it and not {What(scene)}, so the weights "
                    + "have no effect; delete the ServiceProfile");
        }

        if (Live(scene) is { } live && Rule(scene, live).Rule["sessionPersistence"] is JsonObject)
        {
            warnings.Add(
                $"{What(scene)} has sessionPersistence: a session stays where it is whatever the weights say, also at 0; after a rollback "
                    + "scale the candidate down, or remove its backendRef");
        }

        return warnings.ToImmutable();
    }

    public ImmutableArray<MeshResource> Sending => [HttpRoute, GrpcRoute];

    public ImmutableArray<OtherSender> Senders(RouteScene scene, WantedSplit wanted) => GatewaySenders.Of(scene, KindOf(scene));

    public ManagedRule? Rule(RouteScene scene) => Live(scene) is { } live && Rule(scene, live) is var rule
        ? new ManagedRule(rule.At, [.. GatewayBackends.Of(scene, What(scene), rule).All.Select(b => b.Slot?.Service).OfType<string>()])
        : null;

    private static JsonObject? Live(RouteScene scene) => scene.Find(KindOf(scene), scene.Route.Name);

    private static MeshResource KindOf(RouteScene scene) =>
        scene.Find(HttpRoute, scene.Route.Name) is null && scene.Find(GrpcRoute, scene.Route.Name) is not null ? GrpcRoute : HttpRoute;

    private static FoundRule Rule(RouteScene scene, JsonObject live) =>
        FoundRule.Find(scene, What(scene), live["spec"]?["rules"], scene.Route.Rule);

    private static bool IsMesh(RouteScene scene) => scene.Target.Mode == RouteMode.Owned
        || JsonRead.Items(Live(scene)?["spec"]?["parentRefs"]).Any(p => JsonRead.Text(p.Item["kind"]) == "Service");

    private static bool IsLinkerd(RouteScene scene, JsonObject? live) =>
        scene.Target.Metrics.StartsWith("linkerd", StringComparison.Ordinal)
        || JsonRead.Items(live?["status"]?["parents"]).Any(
            p => JsonRead.Text(p.Item["controllerName"])?.Contains("linkerd.io", StringComparison.Ordinal) == true);

    private static string ProfileName(RouteScene scene) => $"{scene.Target.Service}.{scene.Namespace}.svc.cluster.local";

    private static string What(RouteScene scene) => $"{KindOf(scene).Kind} {scene.Namespace}/{scene.Route.Name}";

    private static MeshException Missing(RouteScene scene) => new(
        MeshFault.NotFound, $"neither an HTTPRoute nor a GRPCRoute {scene.Namespace}/{scene.Route.Name} exists; create it with both "
            + "Services as backendRefs, or set mode owned");
}
