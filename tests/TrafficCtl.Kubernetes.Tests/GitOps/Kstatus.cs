using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Tests.GitOps;

/// <summary>What kstatus makes of an object of a kind that it does not know: by which Flux waits.</summary>
internal static class Kstatus
{
    public static string Of(JsonObject thing)
    {
        var status = thing["status"] as JsonObject;
        if (status?["observedGeneration"] is { } observed && !JsonNode.DeepEquals(observed, thing["metadata"]!["generation"]))
            return "InProgress";
        var conditions = (status?["conditions"] as JsonArray ?? []).OfType<JsonObject>().ToArray();
        foreach (var condition in conditions)
        {
            if ((string?)condition["status"] != "True") continue;
            if ((string?)condition["type"] == "Reconciling") return "InProgress";
            if ((string?)condition["type"] == "Stalled") return "Failed";
        }

        return (string?)conditions.FirstOrDefault(c => (string?)c["type"] == "Ready")?["status"] is null or "True"
            ? "Current"
            : "InProgress";
    }
}
