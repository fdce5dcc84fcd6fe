using System.Text.Json.Nodes;
using TrafficCtl.Adapters.Mesh.Json;
using TrafficCtl.Core.Delivery;

namespace TrafficCtl.Adapters.Mesh.Istio;

/// <summary>Which destination of a rule is which slot: by the host, or by the subset of a DestinationRule that the slot's Service selects.</summary>
internal static class IstioDestinations
{
    public static bool UsesSubsets(RouteScene scene, JsonObject live) =>
        JsonRead.Items(live["spec"]?["http"])
            .SelectMany(r => JsonRead.Items(r.Item["route"]))
            .Any(d => d.Item["destination"]?["subset"] is not null);

    public static RuleBackends Of(RouteScene scene, FoundRule rule)
    {
        var what = $"VirtualService {scene.Namespace}/{scene.Route.Name}{(rule.Name is null ? "" : ", rule " + rule.Name)}";
        var route = JsonRead.Items(rule.Rule["route"]).ToArray();
        if (route.Length == 0) throw new MeshException(MeshFault.BackendMissing, $"{what} has no destinations; add the service's slots to its route");
        return new RuleBackends(what, [.. route.Select(r => Backend(scene, what, rule.At, r.At, r.Item, route.Length == 1))]);
    }

    /// <summary>A short name is relative to the namespace of the object that says it.</summary>
    public static string FullHost(string host, string @namespace) => host.Count(c => c == '.') switch
    {
        0 => $"{host}.{@namespace}.svc.cluster.local",
        1 => $"{host}.svc.cluster.local",
        2 when host.EndsWith(".svc", StringComparison.Ordinal) => $"{host}.cluster.local",
        _ => host,
    };

    public static string PathOf(int rule, int at) => Pointer.Of("spec", "http", $"{rule}", "route", $"{at}");

    private static Backend Backend(RouteScene scene, string what, int rule, int at, JsonObject item, bool isLone)
    {
        var path = PathOf(rule, at);
        var destination = item["destination"] as JsonObject;
        var host = JsonRead.Text(destination?["host"]) ?? "";
        var subset = JsonRead.Text(destination?["subset"]);
        var port = JsonRead.Whole(destination?["port"]?["number"]);
        var slot = subset is null ? OfHost(scene, host, port) : OfSubset(scene, what, host, subset);
        // A lone destination gets everything, also with weight 0; among several one without a weight gets nothing.
        var weight = isLone ? 1 : JsonRead.Number(item["weight"]) ?? 0;
        return new Backend(
            path, slot, weight, subset is null ? host : $"{host} subset {subset}",
            [("/destination/host", destination?["host"]), ("/destination/subset", destination?["subset"]), ("/destination/port/number", destination?["port"]?["number"])]);
    }

    private static Slot? OfHost(RouteScene scene, string host, int? port) =>
        scene.Target.Slots.FirstOrDefault(s => FullHost(host, scene.Namespace) == FullHost(s.Service, scene.Namespace)
            && (port is null || s.Port is null || port == s.Port));

    private static Slot? OfSubset(RouteScene scene, string what, string host, string subset)
    {
        var labels = scene.All(IstioDialect.DestinationRule)
            .Where(r => FullHost(JsonRead.Text(r["spec"]?["host"]) ?? "", scene.Namespace) == FullHost(host, scene.Namespace))
            .SelectMany(r => JsonRead.Items(r["spec"]?["subsets"]))
            .Where(s => JsonRead.Text(s.Item["name"]) == subset)
            .Select(s => s.Item["labels"] as JsonObject)
            .FirstOrDefault();
        if (labels is not { Count: > 0 })
        {
            throw new MeshException(
                MeshFault.Invalid,
                $"{what} sends to subset {subset} of {host}, which no DestinationRule in {scene.Namespace} defines by labels; create it before traffic goes there");
        }

        var slots = scene.Target.Slots.Where(s => Selects(scene, s, labels)).ToArray();
        return slots.Length <= 1 ? slots.FirstOrDefault() : throw new MeshException(
            MeshFault.Invalid,
            $"{what}: the labels of subset {subset} are in the selectors of {string.Join(" and ", slots.Select(s => s.Service))}; a subset must be of one slot");
    }

    private static bool Selects(RouteScene scene, Slot slot, JsonObject labels) =>
        scene.Find(MeshResources.Service, slot.Service)?["spec"]?["selector"] is JsonObject selector
        && labels.All(l => JsonNode.DeepEquals(selector[l.Key], l.Value));
}
