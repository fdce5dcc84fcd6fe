using System.Text.Json.Nodes;

namespace TrafficCtl.TestKit;

/// <summary>Who last wrote which field: <c>metadata.managedFields</c>, with every list as one field.</summary>
internal static class FieldOwners
{
    private static readonly HashSet<string> Unowned =
        [
            "apiVersion", "kind", "name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields",
            "generateName", "selfLink"
        ];

    /// <summary>Writes the entry of this writer into <paramref name="next"/>, and takes from the others what it changed.</summary>
    public static void Note(JsonObject? old, JsonObject next, KubeWriter writer, string apiVersion, DateTimeOffset at)
    {
        var (set, gone) = Changes(old, next, isTop: true);
        var mine = writer.Applied is null ? set : Owned(writer.Applied, isTop: true);
        var entries = old?["metadata"]?["managedFields"]?.DeepClone().AsArray() ?? [];
        JsonObject? own = null;
        foreach (var entry in entries.Select(e => e!.AsObject()).ToArray())
        {
            var fields = entry["fieldsV1"]!.AsObject();
            if (IsOf(entry, writer)) own = entry;
            else Subtract(fields, set);
            Subtract(fields, gone);
            if (fields.Count == 0 && entry != own) entries.Remove(entry);
        }

        if (mine.Count > 0 || (own is not null && gone.Count > 0))
        {
            entries.Remove(own);
            var fields = writer.Applied is not null || own is null ? mine : Union(own["fieldsV1"]!.AsObject(), mine);
            if (fields.Count > 0) entries.Add(Entry(writer, apiVersion, at, fields));
        }

        next["metadata"]!["managedFields"] = entries;
    }

    /// <summary>The fields that an apply names.</summary>
    public static JsonObject Owned(JsonObject body, bool isTop)
    {
        var result = new JsonObject();
        foreach (var (key, value) in body)
        {
            if (isTop && Unowned.Contains(key)) continue;
            result["f:" + key] = value is JsonObject { Count: > 0 } inner ? Owned(inner, isTop && key == "metadata") : new JsonObject();
        }

        if (isTop && result["f:metadata"] is JsonObject { Count: 0 }) result.Remove("f:metadata");
        return result;
    }

    public static bool IsOf(JsonObject entry, KubeWriter writer) =>
        Text(entry, "manager") == writer.Manager
            && Text(entry, "operation") == writer.Operation
            && Text(entry, "subresource") == writer.Subresource;

    /// <summary>Whether both trees hold a field, or one holds a part of a field of the other.</summary>
    public static bool Overlap(JsonObject a, JsonObject b) =>
        a.Any(p => b[p.Key] is JsonObject other
            && (p.Value!.AsObject().Count == 0 || other.Count == 0 || Overlap(p.Value.AsObject(), other)));

    private static (JsonObject Set, JsonObject Gone) Changes(JsonObject? old, JsonObject? next, bool isTop)
    {
        var (set, gone) = (new JsonObject(), new JsonObject());
        foreach (var key in (old ?? [])
            .Select(p => p.Key)
            .Union((next ?? []).Select(p => p.Key))
            .Where(k => !isTop || !Unowned.Contains(k)))
        {
            var (before, after) = (old?[key], next?[key]);
            if (JsonNode.DeepEquals(before, after) && old?.ContainsKey(key) == next?.ContainsKey(key)) continue;
            if (before is JsonObject or null
                && after is JsonObject or null
                && (before as JsonObject ?? after as JsonObject) is { Count: > 0 })
            {
                var inner = Changes(before as JsonObject, after as JsonObject, isTop && key == "metadata");
                if (inner.Set.Count > 0) set["f:" + key] = inner.Set;
                if (inner.Gone.Count > 0) gone["f:" + key] = inner.Gone;
            }
            else (after is null ? gone : set)["f:" + key] = new JsonObject();
        }

        return (set, gone);
    }

    private static void Subtract(JsonObject from, JsonObject what)
    {
        foreach (var (key, value) in what)
        {
            if (from[key] is not JsonObject inner) continue;
            if (inner.Count > 0 && value!.AsObject().Count > 0) Subtract(inner, value.AsObject());
            else inner.Clear();
            if (inner.Count == 0) from.Remove(key);
        }
    }

    private static JsonObject Union(JsonObject a, JsonObject b)
    {
        var result = a.DeepClone().AsObject();
        foreach (var (key, value) in b)
            result[key] = result[key] is JsonObject inner ? Union(inner, value!.AsObject()) : value!.DeepClone();
        return result;
    }

    private static JsonObject Entry(KubeWriter writer, string apiVersion, DateTimeOffset at, JsonObject fields)
    {
        var entry = new JsonObject
        {
            ["manager"] = writer.Manager,
            ["operation"] = writer.Operation,
            ["apiVersion"] = apiVersion,
            ["time"] = KubeTime.Text(at),
            ["fieldsType"] = "FieldsV1",
            ["fieldsV1"] = fields.DeepClone(),
        };
        if (writer.Subresource.Length > 0) entry["subresource"] = writer.Subresource;
        return entry;
    }

    private static string Text(JsonObject entry, string key) => entry[key]?.GetValue<string>() ?? "";
}

/// <summary>Who writes, and how.</summary>
/// <param name="Applied">The body of a server-side apply; null for the other verbs.</param>
internal sealed record KubeWriter(string Manager, string Subresource = "", JsonObject? Applied = null)
{
    public string Operation => Applied is null ? "Update" : "Apply";
}

internal static class KubeTime
{
    /// <summary>RFC 3339 to the second, as the API writes metav1.Time.</summary>
    public static string Text(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
