using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh.GatewayApi;

/// <summary>The rules of HTTPRoutes and GRPCRoutes that send to slots and are not the controller's.</summary>
internal static class GatewaySenders
{
    /// <param name="scene">With the managed route, and all routes of the namespace where they were read.</param>
    /// <param name="managed">The kind of the managed route.</param>
    public static ImmutableArray<OtherSender> Of(RouteScene scene, MeshResource managed)
    {
        var senders = ImmutableArray.CreateBuilder<OtherSender>();
        // The rules of a route of the controller's own are the controller's.
        if (scene.Target.Mode == RouteMode.Patch && scene.Find(managed, scene.Route.Name) is { } live)
        {
            var what = $"{managed.Kind} {scene.Namespace}/{scene.Route.Name}";
            var rules = live["spec"]?["rules"];
            var own = FoundRule.Find(scene, what, rules, scene.Route.Rule).At;
            foreach (var (at, rule) in JsonRead.Items(rules))
            {
                if (at == own || scene.Target.Manages(scene.Route.Name, JsonRead.Text(rule["name"]))) continue;
                senders.AddRange(OtherSender.Of($"another rule of {what} ({OtherSender.NameOf(rule, at)})", true, Reached(scene, rule)));
            }
        }

        foreach (var of in (ReadOnlySpan<MeshResource>)[GatewayApiDialect.HttpRoute, GatewayApiDialect.GrpcRoute])
        {
            foreach (var other in scene.All(of))
            {
                var name = JsonRead.Text(other["metadata"]?["name"]);
                if ((of == managed && name == scene.Route.Name) || scene.Target.Routes.Any(r => r.Route.CohortsName == name)) continue;
                var reached = JsonRead.Items(other["spec"]?["rules"])
                    .Where(r => !scene.Target.Manages(name, JsonRead.Text(r.Item["name"]))).SelectMany(r => Reached(scene, r.Item));
                senders.AddRange(OtherSender.Of($"{of.Kind} {scene.Namespace}/{name}", false, reached));
            }
        }

        return senders.ToImmutable();
    }

    /// <summary>No weight means 1.</summary>
    private static IEnumerable<string?> Reached(RouteScene scene, JsonObject rule) =>
        JsonRead.Items(rule["backendRefs"]).Where(r => (JsonRead.Number(r.Item["weight"]) ?? 1) > 0)
            .Select(r => GatewayBackends.SlotOf(scene, r.Item)?.Service);
}
