using System.Text.Json.Nodes;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh.Istio;

/// <summary>
/// Which destination of a rule is which slot: by the host, or by the subset of a DestinationRule that the slot's Service selects.
/// </summary>
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
        if (route.Length == 0)
            throw new MeshException(MeshFault.BackendMissing, $"{what} has no destinations; add the service's slots to its route");
        return new RuleBackends(what, [.. route.Select(r => Backend(scene, what, rule.At, r.At, r.Item, route.Length == 1))]);
    }

    /// <summary>The slots that a rule of any object gives traffic to. What cannot be told of it is left out.</summary>
    public static IEnumerable<string?> Reached(RouteScene scene, JsonObject rule)
    {
        var route = JsonRead.Items(rule["route"]).ToArray();
        foreach (var (_, item) in route)
        {
            if (route.Length > 1 && (JsonRead.Number(item["weight"]) ?? 0) == 0) continue;
            var destination = item["destination"];
            var (host, subset) = (JsonRead.Text(destination?["host"]) ?? "", JsonRead.Text(destination?["subset"]));
            if (subset is null) yield return OfHost(scene, host, JsonRead.Whole(destination?["port"]?["number"]))?.Service;
            else if (Labels(scene, host, subset) is { } labels)
                yield return scene.Target.Slots.FirstOrDefault(s => Selects(scene, s, labels))?.Service;
        }
    }

    /// <summary>The Services of the target's namespace that a rule names as hosts.</summary>
    public static IEnumerable<string> Hosts(RouteScene scene, JsonObject rule)
    {
        var ending = FullHost("x", scene.Namespace)[1..];
        return JsonRead.Items(rule["route"])
            .Select(r => FullHost(JsonRead.Text(r.Item["destination"]?["host"]) ?? "", scene.Namespace))
            .Where(h => h.EndsWith(ending, StringComparison.Ordinal))
            .Select(h => h[..^ending.Length]);
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
            [
                ("/destination/host", destination?["host"]), ("/destination/subset", destination?["subset"]),
                ("/destination/port/number", destination?["port"]?["number"])
            ]);
    }

    private static Slot? OfHost(RouteScene scene, string host, int? port) =>
        scene.Target.Slots.FirstOrDefault(s => FullHost(host, scene.Namespace) == FullHost(s.Service, scene.Namespace)
            && (port is null || s.Port is null || port == s.Port));

    private static Slot? OfSubset(RouteScene scene, string what, string host, string subset)
    {
        if (Labels(scene, host, subset) is not { } labels)
        {
            throw new MeshException(
                MeshFault.Invalid,
                $"{what} sends to subset {subset} of {host}, which no DestinationRule in {scene.Namespace} defines by labels; create it "
                    + "before traffic goes there");
        }

        var slots = scene.Target.Slots.Where(s => Selects(scene, s, labels)).ToArray();
        return slots.Length <= 1 ? slots.FirstOrDefault() : throw new MeshException(
            MeshFault.Invalid,
            $"{what}: the labels of subset {subset} are in the selectors of {string.Join(" and ", slots.Select(s => s.Service))}; a "
                + "subset must be of one slot");
    }

    /// <summary>Null where no DestinationRule that was read defines the subset by labels.</summary>
    private static JsonObject? Labels(RouteScene scene, string host, string subset) => scene.All(IstioDialect.DestinationRule)
        .Where(r => FullHost(JsonRead.Text(r["spec"]?["host"]) ?? "", scene.Namespace) == FullHost(host, scene.Namespace))
        .SelectMany(r => JsonRead.Items(r["spec"]?["subsets"]))
        .Where(s => JsonRead.Text(s.Item["name"]) == subset)
        .Select(s => s.Item["labels"] as JsonObject)
        .FirstOrDefault() is { Count: > 0 } labels ? labels : null;

    private static bool Selects(RouteScene scene, Slot slot, JsonObject labels) =>
        scene.Find(MeshResources.Service, slot.Service)?["spec"]?["selector"] is JsonObject selector
        && labels.All(l => JsonNode.DeepEquals(selector[l.Key], l.Value));
}
