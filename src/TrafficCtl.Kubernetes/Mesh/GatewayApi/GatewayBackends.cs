using System.Text.Json.Nodes;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh.GatewayApi;

/// <summary>The backendRefs of a rule. A lone one with weight 0 gets nothing, and no weight means 1: as unlike Istio as can be.</summary>
internal static class GatewayBackends
{
    public static RuleBackends Of(RouteScene scene, string what, FoundRule rule)
    {
        var name = rule.Name is null ? what : $"{what}, rule {rule.Name}";
        return new RuleBackends(name, [.. JsonRead.Items(rule.Rule["backendRefs"]).Select(r => Backend(scene, rule.At, r.At, r.Item))]);
    }

    public static Slot? SlotOf(RouteScene scene, JsonObject item)
    {
        var isService = JsonRead.Text(item["kind"]) is null or "Service" && string.IsNullOrEmpty(JsonRead.Text(item["group"]));
        var isHere = (JsonRead.Text(item["namespace"]) ?? scene.Namespace) == scene.Namespace;
        var port = JsonRead.Whole(item["port"]);
        return isService && isHere
            ? scene.Target.Slots.FirstOrDefault(s => s.Service == JsonRead.Text(item["name"])
                && (port is null || s.Port is null || port == s.Port))
            : null;
    }

    private static Backend Backend(RouteScene scene, int rule, int at, JsonObject item) => new(
        Pointer.Of("spec", "rules", $"{rule}", "backendRefs", $"{at}"),
        SlotOf(scene, item),
        JsonRead.Number(item["weight"]) ?? 1,
        JsonRead.Text(item["name"]) ?? "?",
        [("/name", item["name"]), ("/kind", item["kind"]), ("/namespace", item["namespace"]), ("/port", item["port"])]);
}
