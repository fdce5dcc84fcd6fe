using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh.Ledger;

/// <summary>
/// The entries of a service as text: the first as an object, the others in its <c>also</c>. A build that knows one route reads the first.
/// </summary>
internal static class LedgerJson
{
    private const string Also = "also";

    /// <summary>Null for none.</summary>
    public static string? Write(ImmutableArray<LedgerEntry> entries)
    {
        if (entries.IsEmpty) return null;
        var json = Of(entries[0]);
        if (entries.Length > 1) json[Also] = new JsonArray([.. entries.Skip(1).Select(e => (JsonNode)Of(e))]);
        return json.ToJsonString();
    }

    /// <summary>What somebody edited says nothing, as if nothing had been written yet.</summary>
    public static ImmutableArray<LedgerEntry> Read(string service, string? text)
    {
        if (text is null) return [];
        try
        {
            if (JsonNode.Parse(text) is not JsonObject first) return [];
            var all = (first[Also] as JsonArray ?? []).OfType<JsonObject>().Prepend(first);
            return [.. all.Select(e => Entry(e, service)).OfType<LedgerEntry>()];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static JsonObject Of(LedgerEntry entry)
    {
        var json = new JsonObject { ["route"] = entry.Route, ["generation"] = entry.Generation };
        if (entry.Before is { } before) json["before"] = Json(before);
        if (entry.By is { } by) json["by"] = by;
        json["now"] = Json(entry.Now);
        if (entry.Now.Shadow > 0) json["shadow"] = entry.Now.Shadow;
        if (entry.Before?.Shadow > 0) json["shadowBefore"] = entry.Before.Shadow;
        if (entry.Stable is { } stable) json["stable"] = stable;
        if (entry.Rollout is { } rollout) json["rollout"] = rollout;
        if (entry.Abort is { } abort) json["abort"] = AbortJson.Write(abort);
        return json;
    }

    private static LedgerEntry? Entry(JsonObject json, string service) =>
        JsonRead.Text(json["route"]) is { } route && ReadShares(json["now"], json["shadow"]) is { } now
            ? new LedgerEntry(
                route, (long)(JsonRead.Number(json["generation"]) ?? 0), ReadShares(json["before"], json["shadowBefore"]), now,
                JsonRead.Text(json["by"]))
            {
                Stable = JsonRead.Text(json["stable"]),
                Rollout = JsonRead.Text(json["rollout"]),
                Abort = AbortJson.Read(json["abort"], service),
            }
            : null;

    private static JsonObject Json(SlotShares shares)
    {
        var json = new JsonObject();
        foreach (var (service, basisPoints) in shares.Of) json[service] = basisPoints;
        return json;
    }

    private static SlotShares? ReadShares(JsonNode? node, JsonNode? shadow) => node is JsonObject json
        ? SlotShares.Make(json.Select(p => new SlotShare(p.Key, JsonRead.Whole(p.Value) ?? 0))) with
        {
            Shadow = JsonRead.Whole(shadow) ?? 0,
        }
        : null;
}
