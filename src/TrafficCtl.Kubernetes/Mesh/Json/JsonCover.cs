using System.Text.Json;
using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Mesh.Json;

/// <summary>
/// Whether a live object says all that an object of our own is to say: the server's defaults and others' fields beside it do not matter.
/// </summary>
internal static class JsonCover
{
    public static bool Covers(JsonNode? live, JsonNode? wanted) => (live, wanted) switch
    {
        (JsonObject a, JsonObject b) => b.All(p => Covers(a[p.Key], p.Value)),
        (JsonArray a, JsonArray b) => a.Count == b.Count && a.Zip(b).All(p => Covers(p.First, p.Second)),
        (JsonValue a, JsonValue b) => Same(a, b),
        (null, null) => true,
        _ => false,
    };

    /// <summary>1 and 1.0 are the same number.</summary>
    private static bool Same(JsonValue a, JsonValue b) =>
        a.GetValueKind() == JsonValueKind.Number && b.GetValueKind() == JsonValueKind.Number
            ? JsonRead.Number(a) == JsonRead.Number(b)
            : JsonNode.DeepEquals(a, b);
}
