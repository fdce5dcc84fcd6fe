using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Mesh.Json;

/// <summary>Reads of JSON that anybody may have written: what is not of the expected shape is as if absent.</summary>
internal static class JsonRead
{
    public static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>Exact, also of a number that was made in memory; null when it is none or does not fit.</summary>
    public static decimal? Number(JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.Number
        && decimal.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    public static int? Whole(JsonNode? node) =>
        Number(node) is { } number && number == decimal.Truncate(number) && Math.Abs(number) <= int.MaxValue ? (int)number : null;

    /// <summary>The objects of a list, with their positions.</summary>
    public static IEnumerable<(int At, JsonObject Item)> Items(JsonNode? list)
    {
        if (list is not JsonArray array) yield break;
        for (var i = 0; i < array.Count; i++)
            if (array[i] is JsonObject item) yield return (i, item);
    }

    public static string? Uid(JsonObject live) => Text(live["metadata"]?["uid"]);

    public static string Name(JsonObject live) => Text(live["metadata"]?["name"]) ?? "?";
}
