using System.Text.Json.Nodes;

namespace TrafficCtl.TestKit;

/// <summary>Server-side apply, with every list as one field: enough for objects that one manager owns.</summary>
internal static class KubeApply
{
    /// <summary>The live object with what is applied, without what this manager applied earlier and does no more.</summary>
    /// <exception cref="KubeRefusal">409: fields of others, and no force.</exception>
    public static JsonObject Merge(JsonObject live, JsonObject applied, KubeWriter writer, bool force, KubeResource resource, string name)
    {
        var owned = FieldOwners.Owned(applied, isTop: true);
        var others = (live["metadata"]?["managedFields"]?.AsArray() ?? []).Select(e => e!.AsObject()).ToArray();
        var mine = others.FirstOrDefault(e => FieldOwners.IsOf(e, writer));
        others = [.. others.Where(e => e != mine)];
        if (!force) Refuse(live, applied, others, resource, name);
        var result = live.DeepClone().AsObject();
        if (mine is not null) Drop(result, mine["fieldsV1"]!.AsObject(), owned, [.. others.Select(e => e["fieldsV1"]!.AsObject())]);
        return (JsonObject)Merged(result, applied)!;
    }

    private static void Refuse(JsonObject live, JsonObject applied, JsonObject[] others, KubeResource resource, string name)
    {
        var causes = new List<KubeProblem>();
        foreach (var (path, value, fields) in Leaves(applied, []))
        {
            if (path is ["apiVersion" or "kind", ..] or ["metadata", not ("labels" or "annotations" or "finalizers"
                or "ownerReferences"), ..])
                continue;
            JsonNode? at = live;
            foreach (var step in path) at = (at as JsonObject)?[step];
            if (at is null || JsonNode.DeepEquals(at, value)) continue;
            foreach (var other in others.Where(o => FieldOwners.Overlap(o["fieldsV1"]!.AsObject(), fields)))
                causes.Add(new("." + string.Join('.', path), "FieldManagerConflict", $"conflict with \"{other["manager"]}\""));
        }

        if (causes.Count == 0) return;
        var refusal = new KubeRefusal(409, "Conflict", $"Apply failed with {causes.Count} conflict(s): "
            + $"{string.Join(", ", causes)}", new JsonObject
            {
                ["name"] = name,
                ["group"] = resource.Group,
                ["kind"] = resource.Plural,
                ["causes"] = new JsonArray(
                [.. causes.Select(c => new JsonObject { ["reason"] = c.Reason, ["message"] = c.Message, ["field"] = c.Field })]),
            });
        throw refusal;
    }

    private static IEnumerable<(string[] Path, JsonNode? Value, JsonObject Fields)> Leaves(JsonObject of, string[] at)
    {
        foreach (var (key, value) in of)
        {
            string[] path = [.. at, key];
            if (value is JsonObject { Count: > 0 } inner)
            {
                foreach (var leaf in Leaves(inner, path)) yield return leaf;
            }
            else yield return (
                path, value, path.Reverse().Aggregate(new JsonObject(), (tree, step) => new JsonObject { ["f:" + step] = tree }));
        }
    }

    private static void Drop(JsonObject from, JsonObject had, JsonObject has, JsonObject[] others)
    {
        foreach (var (key, inner) in had)
        {
            var plain = key[2..];
            var held = others.Select(o => o[key] as JsonObject).OfType<JsonObject>().ToArray();
            if (inner!.AsObject().Count > 0 && from[plain] is JsonObject child)
            {
                Drop(child, inner.AsObject(), has[key] as JsonObject ?? [], held);
                if (child.Count == 0 && !has.ContainsKey(key) && held.Length == 0) from.Remove(plain);
            }
            else if (!has.ContainsKey(key) && held.Length == 0) from.Remove(plain);
        }
    }

    private static JsonNode? Merged(JsonNode? live, JsonNode? applied)
    {
        if (live is not JsonObject left || applied is not JsonObject right) return applied?.DeepClone();
        var result = left.DeepClone().AsObject();
        foreach (var (key, value) in right) result[key] = Merged(result[key], value);
        return result;
    }
}
