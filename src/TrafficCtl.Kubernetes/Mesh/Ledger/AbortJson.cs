using System.Globalization;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh.Ledger;

/// <summary>An abort in the ledger: as it was asked for, so that another process can record it.</summary>
internal static class AbortJson
{
    private const string Unknown = "unknown";

    public static JsonObject Write(Wish abort)
    {
        var json = new JsonObject
        {
            ["environment"] = abort.Key.Environment,
            ["who"] = abort.Who,
            ["reason"] = abort.Reason,
            ["from"] = abort.From,
            ["at"] = abort.At.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        };
        if (!abort.Key.IsOfDefaultTarget) json["target"] = abort.Key.Target;
        return json;
    }

    /// <summary>
    /// Null without one. Of a damaged one what is left: that somebody aborted is certain, and the rest is not needed for it.
    /// </summary>
    public static Wish? Read(JsonNode? node, string service)
    {
        if (node is null) return null;
        var json = node as JsonObject;
        var isTime = DateTimeOffset.TryParse(
            JsonRead.Text(json?["at"]), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var at);
        return new Wish(
            0,
            new TargetKey(service, JsonRead.Text(json?["environment"]) ?? "", JsonRead.Text(json?["target"]) ?? TargetKey.DefaultTarget),
            WishKind.Abort, null, JsonRead.Text(json?["who"]) ?? Unknown,
            JsonRead.Text(json?["reason"]) ?? "", JsonRead.Text(json?["from"]) ?? Unknown, isTime ? at : DateTimeOffset.UnixEpoch);
    }
}
