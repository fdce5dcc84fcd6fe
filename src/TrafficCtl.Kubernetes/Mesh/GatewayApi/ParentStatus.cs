using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh.GatewayApi;

/// <summary>What the parents of a route say of the generation that is live.</summary>
internal static class ParentStatus
{
    /// <summary>
    /// Given when every parent has Accepted and ResolvedRefs true of this generation or a later one, and Programmed too where it is there.
    /// </summary>
    public static AcceptanceStatus Of(string what, JsonObject live)
    {
        var generation = JsonRead.Number(live["metadata"]?["generation"]) ?? 0;
        var parents = JsonRead.Items(live["status"]?["parents"]).Select(p => p.Item).ToArray();
        foreach (var (_, wanted) in JsonRead.Items(live["spec"]?["parentRefs"]))
        {
            if (parents.Any(p => IsSame(wanted, p["parentRef"]))) continue;
            return AcceptanceStatus.Not($"{what} waits for the status of its parent {Name(wanted)}; is a controller for it running?");
        }

        foreach (var parent in parents)
        {
            foreach (var type in new[] { "Accepted", "ResolvedRefs", "Programmed" })
                if (Trouble(what, parent, type, generation) is { } trouble) return AcceptanceStatus.Not(trouble);
        }

        return AcceptanceStatus.Given;
    }

    private static string? Trouble(string what, JsonObject parent, string type, decimal generation)
    {
        var of = Name(parent["parentRef"]);
        var condition = JsonRead.Items(parent["conditions"]).Select(c => c.Item).FirstOrDefault(c => JsonRead.Text(c["type"]) == type);
        if (condition is null) return type == "Programmed" ? null : $"{what} waits: its parent {of} tells no {type}";
        if ((JsonRead.Number(condition["observedGeneration"]) ?? 0) < generation)
            return $"{what} waits: its parent {of} tells {type} of generation "
                + $"{condition["observedGeneration"]?.ToJsonString() ?? "none"}, and {generation} is live";
        return JsonRead.Text(condition["status"]) == "True"
            ? null
            : $"{what}: its parent {of} says {type}={JsonRead.Text(condition["status"])} ({JsonRead.Text(condition["reason"])}): "
                + $"{JsonRead.Text(condition["message"])}";
    }

    private static bool IsSame(JsonObject wanted, JsonNode? told) =>
        JsonRead.Text(wanted["name"]) == JsonRead.Text(told?["name"])
        && (JsonRead.Text(wanted["kind"]) ?? "Gateway") == (JsonRead.Text(told?["kind"]) ?? "Gateway")
        && (wanted["sectionName"] is null || JsonRead.Text(wanted["sectionName"]) == JsonRead.Text(told?["sectionName"]));

    private static string Name(JsonNode? reference) =>
        $"{JsonRead.Text(reference?["kind"]) ?? "Gateway"} {JsonRead.Text(reference?["name"]) ?? "?"}";
}
