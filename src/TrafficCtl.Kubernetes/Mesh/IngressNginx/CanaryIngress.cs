using System.Text.Json.Nodes;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh.IngressNginx;

/// <summary>
/// The spec of the canary Ingress: class, tls, and the hosts and paths of the main one that go to a slot. Nothing else is copied, or
/// cert-manager and external-dns would act on it too.
/// </summary>
internal static class CanaryIngress
{
    public static JsonObject Spec(RouteScene scene, JsonObject main, Slot other)
    {
        var spec = new JsonObject();
        foreach (var key in new[] { "ingressClassName", "tls" })
            if (main["spec"]?[key] is { } value) spec[key] = value.DeepClone();
        var rules = new JsonArray();
        foreach (var (_, rule) in JsonRead.Items(main["spec"]?["rules"]))
        {
            var paths = new JsonArray();
            foreach (var (_, path) in JsonRead.Items(rule["http"]?["paths"]))
            {
                if (!IsSlot(scene, path["backend"])) continue;
                var copy = path.DeepClone().AsObject();
                copy["backend"]!["service"]!["name"] = other.Service;
                if (other.Port is { } port) copy["backend"]!["service"]!["port"] = new JsonObject { ["number"] = port };
                paths.Add(copy);
            }

            if (paths.Count == 0) continue;
            var made = new JsonObject();
            if (rule["host"] is { } host) made["host"] = host.DeepClone();
            made["http"] = new JsonObject { ["paths"] = paths };
            rules.Add(made);
        }

        spec["rules"] = rules;
        return spec;
    }

    /// <summary>The Services that the rules go to.</summary>
    public static IEnumerable<string> Services(JsonObject ingress) =>
        JsonRead.Items(ingress["spec"]?["rules"])
            .SelectMany(r => JsonRead.Items(r.Item["http"]?["paths"]))
            .Select(p => JsonRead.Text(p.Item["backend"]?["service"]?["name"]))
            .OfType<string>();

    /// <summary>Host and path of each rule.</summary>
    public static IEnumerable<string> Places(JsonObject ingress) =>
        JsonRead.Items(ingress["spec"]?["rules"])
            .SelectMany(r => JsonRead.Items(r.Item["http"]?["paths"]).Select(
                p => (JsonRead.Text(r.Item["host"]) ?? "*") + (JsonRead.Text(p.Item["path"]) ?? "/")));

    private static bool IsSlot(RouteScene scene, JsonNode? backend) =>
        JsonRead.Text(backend?["service"]?["name"]) is { } name && scene.Target.Slots.Any(s => s.Service == name);
}
