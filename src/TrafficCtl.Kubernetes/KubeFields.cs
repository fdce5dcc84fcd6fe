using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes;

/// <summary>Reads objects of the API. What is missing, or of another type than it should be, reads as nothing.</summary>
internal static class KubeFields
{
    /// <summary>The node at a path of keys; null when it is not there.</summary>
    public static JsonNode? At(this JsonObject from, params ReadOnlySpan<string> path)
    {
        JsonNode? at = from;
        foreach (var key in path) at = at is JsonObject map ? map[key] : null;
        return at;
    }

    public static JsonObject? MapAt(this JsonObject from, params ReadOnlySpan<string> path) => from.At(path) as JsonObject;

    /// <summary>The objects of a list; empty when there is none.</summary>
    public static IEnumerable<JsonObject> ListAt(this JsonObject from, params ReadOnlySpan<string> path) =>
        from.At(path) is JsonArray list ? list.OfType<JsonObject>() : [];

    public static string? TextAt(this JsonObject from, params ReadOnlySpan<string> path) =>
        from.At(path) is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    public static int? NumberAt(this JsonObject from, params ReadOnlySpan<string> path) =>
        from.At(path) is JsonValue value && value.GetValueKind() == JsonValueKind.Number
        && int.TryParse(value.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    public static bool? FlagAt(this JsonObject from, params ReadOnlySpan<string> path) =>
        from.At(path) is JsonValue value && value.GetValueKind() is JsonValueKind.True or JsonValueKind.False
            ? value.GetValue<bool>()
            : null;

    /// <summary>The texts of a map such as labels; empty when there is none.</summary>
    public static ImmutableSortedDictionary<string, string> TextsAt(this JsonObject from, params ReadOnlySpan<string> path)
    {
        if (from.MapAt(path) is not { Count: > 0 } map) return ImmutableSortedDictionary<string, string>.Empty;
        var texts = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in map)
            if (value is JsonValue text && text.GetValueKind() == JsonValueKind.String) texts[key] = text.GetValue<string>();
        return texts.ToImmutable();
    }

    public static string NameOf(this JsonObject from) => from.TextAt("metadata", "name") ?? "";

    public static string NamespaceOf(this JsonObject from) => from.TextAt("metadata", "namespace") ?? "";

    public static string UidOf(this JsonObject from) => from.TextAt("metadata", "uid") ?? "";

    public static int GenerationOf(this JsonObject from) => from.NumberAt("metadata", "generation") ?? 0;

    public static string? Label(this JsonObject from, string key) => from.TextAt("metadata", "labels", key);

    public static string? Annotation(this JsonObject from, string key) => from.TextAt("metadata", "annotations", key);
}
