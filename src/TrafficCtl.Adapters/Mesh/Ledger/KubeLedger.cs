using System.Text.Json;
using System.Text.Json.Nodes;
using TrafficCtl.Adapters.Kubernetes;
using TrafficCtl.Adapters.Mesh.Json;
using TrafficCtl.Core.Delivery;

namespace TrafficCtl.Adapters.Mesh.Ledger;

/// <summary>The ledger as one ConfigMap of our own for each service, beside it: <c>trafficctl-route.&lt;service&gt;</c>.</summary>
internal sealed class KubeLedger(IKube kube) : IRouteLedger
{
    private const string Key = "route.json";

    public async ValueTask<LedgerEntry?> FindAsync(string service, ClusterTarget target, CancellationToken stop)
    {
        var text = JsonRead.Text((await kube.GetAsync(Name(target), stop))?["data"]?[Key]);
        if (text is null) return null;
        try
        {
            var json = JsonNode.Parse(text) as JsonObject;
            return json is not null && JsonRead.Text(json["route"]) is { } route && ReadShares(json["now"]) is { } now
                ? new LedgerEntry(route, (long)(JsonRead.Number(json["generation"]) ?? 0), ReadShares(json["before"]), now, JsonRead.Text(json["by"]))
                : null;
        }
        catch (JsonException)
        {
            // Somebody edited it: then it says nothing, as if nothing had been written yet.
            return null;
        }
    }

    public async ValueTask SaveAsync(string service, ClusterTarget target, LedgerEntry entry, CancellationToken stop)
    {
        var json = new JsonObject { ["route"] = entry.Route, ["generation"] = entry.Generation };
        if (entry.Before is { } before) json["before"] = Json(before);
        if (entry.By is { } by) json["by"] = by;
        json["now"] = Json(entry.Now);
        var name = Name(target);
        await kube.PatchAsync(
            name,
            KubePatch.Apply(new JsonObject
            {
                ["apiVersion"] = name.Kind.ApiVersion,
                ["kind"] = name.Kind.Kind,
                ["metadata"] = new JsonObject
                {
                    ["name"] = name.Name,
                    ["namespace"] = target.Namespace,
                    ["labels"] = new JsonObject { [OwnedObject.ManagedBy] = OwnedObject.Us, [OwnedObject.ServiceLabel] = service },
                },
                ["data"] = new JsonObject { [Key] = json.ToJsonString() },
            }),
            null, stop);
    }

    public async ValueTask RemoveAsync(string service, ClusterTarget target, CancellationToken stop) =>
        await kube.DeleteAsync(Name(target), KubeDelete.Any, stop);

    private static KubeName Name(ClusterTarget target) => new(KubeKind.ConfigMap, target.Namespace, $"trafficctl-route.{target.Service}");

    private static JsonObject Json(Shares shares)
    {
        var json = new JsonObject();
        foreach (var (service, basisPoints) in shares.Of) json[service] = basisPoints;
        return json;
    }

    private static Shares? ReadShares(JsonNode? node) => node is JsonObject json
        ? Shares.Make(json.Select(p => new SlotShare(p.Key, JsonRead.Whole(p.Value) ?? 0)))
        : null;
}
