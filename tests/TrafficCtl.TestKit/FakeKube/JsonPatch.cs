using System.Text.Json;
using System.Text.Json.Nodes;

namespace TrafficCtl.TestKit;

/// <summary>The patch is well formed and does not fit the document: a test failed, or a place is missing.</summary>
public sealed class JsonPatchException(string message) : Exception(message);

/// <summary>RFC 6902, whole, and RFC 7386.</summary>
public static class JsonPatch
{
    /// <summary>All operations or none: the argument is not changed.</summary>
    /// <exception cref="JsonPatchException">It does not fit.</exception>
    /// <exception cref="FormatException">It is no patch.</exception>
    public static JsonNode? Apply(JsonNode? document, JsonArray operations)
    {
        var root = document?.DeepClone();
        for (var i = 0; i < operations.Count; i++)
        {
            if (operations[i] is not JsonObject operation) throw new FormatException($"operation {i} is not an object");
            try
            {
                root = Apply(root, operation);
            }
            catch (JsonPatchException e)
            {
                throw new JsonPatchException($"operation {i} ({Text(operation, "op")} {Text(operation, "path")}): {e.Message}");
            }
        }

        return root;
    }

    /// <summary>Null removes, objects merge, everything else replaces.</summary>
    public static JsonNode? Merge(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes) return patch?.DeepClone();
        var result = target is JsonObject ? target.DeepClone().AsObject() : [];
        foreach (var (key, value) in changes)
        {
            if (value is null) result.Remove(key);
            else result[key] = Merge(result[key], value);
        }

        return result;
    }

    private static JsonNode? Apply(JsonNode? root, JsonObject operation)
    {
        var path = JsonPointer.Parse(Text(operation, "path"));
        switch (Text(operation, "op"))
        {
            case "add": return Add(root, path, Value(operation));
            case "remove": return Remove(root, path);
            case "replace":
                JsonPointer.Walk(root, path);
                return path.Length == 0 ? Value(operation) : Replace(root, path, Value(operation));
            case "move":
                var from = JsonPointer.Parse(Text(operation, "from"));
                if (from.Length < path.Length && path.AsSpan().StartsWith(from))
                    throw new JsonPatchException("cannot move a value into itself");
                var moved = JsonPointer.Walk(root, from)?.DeepClone();
                return Add(Remove(root, from), path, moved);
            case "copy":
                return Add(root, path, JsonPointer.Walk(root, JsonPointer.Parse(Text(operation, "from")))?.DeepClone());
            case "test":
                var live = JsonPointer.Walk(root, path);
                if (!Same(live, Value(operation)))
                    throw new JsonPatchException($"testing path failed: it is {live?.ToJsonString() ?? "null"}");
                return root;
            default: throw new FormatException($"unknown operation '{Text(operation, "op")}'");
        }
    }

    private static JsonNode? Add(JsonNode? root, string[] path, JsonNode? value)
    {
        if (path.Length == 0) return value;
        switch (JsonPointer.Walk(root, path.AsSpan(..^1)))
        {
            case JsonObject map: map[path[^1]] = value; break;
            case JsonArray list when path[^1] == "-": list.Add(value); break;
            case JsonArray list: list.Insert(JsonPointer.Index(path[^1], list.Count), value); break;
            default: throw new JsonPatchException("the parent has no members");
        }

        return root;
    }

    private static JsonNode? Replace(JsonNode? root, string[] path, JsonNode? value)
    {
        if (JsonPointer.Walk(root, path.AsSpan(..^1)) is JsonArray list) list[JsonPointer.Index(path[^1], list.Count - 1)] = value;
        else return Add(root, path, value);
        return root;
    }

    private static JsonNode? Remove(JsonNode? root, string[] path)
    {
        JsonPointer.Walk(root, path);
        if (path.Length == 0) return null;
        var parent = JsonPointer.Walk(root, path.AsSpan(..^1));
        if (parent is JsonArray list) list.RemoveAt(JsonPointer.Index(path[^1], list.Count - 1));
        else parent!.AsObject().Remove(path[^1]);
        return root;
    }

    /// <summary>By value: numbers numerically, objects without order.</summary>
    private static bool Same(JsonNode? left, JsonNode? right) => (left, right) switch
    {
        (null, null) => true,
        (JsonObject a, JsonObject b) =>
            a.Count == b.Count && a.All(p => b.TryGetPropertyValue(p.Key, out var other) && Same(p.Value, other)),
        (JsonArray a, JsonArray b) => a.Count == b.Count && a.Zip(b).All(p => Same(p.First, p.Second)),
        (JsonValue a, JsonValue b) when a.GetValueKind() == JsonValueKind.Number && b.GetValueKind() == JsonValueKind.Number =>
            JsonNode.DeepEquals(JsonNode.Parse(a.ToJsonString()), JsonNode.Parse(b.ToJsonString())),
        _ => JsonNode.DeepEquals(left, right),
    };

    private static string Text(JsonObject operation, string key) =>
        operation[key] is JsonValue value && value.GetValueKind() == JsonValueKind.String
            ? value.GetValue<string>()
            : throw new FormatException($"an operation has no '{key}'");

    private static JsonNode? Value(JsonObject operation) =>
        operation.TryGetPropertyValue("value", out var value)
            ? value?.DeepClone()
            : throw new FormatException("an operation has no 'value'");
}
