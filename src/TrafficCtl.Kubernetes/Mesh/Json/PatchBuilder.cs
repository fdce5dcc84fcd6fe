using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Mesh.Json;

/// <summary>A JSON Patch that changes weights and mirrors of exactly the object that was read.</summary>
internal sealed class PatchBuilder
{
    private readonly JsonArray operations = [];

    /// <summary>
    /// Tests that it is the same object in the same generation. Of the generation and not of the resourceVersion, which every status write
    /// moves.
    /// </summary>
    public PatchBuilder(JsonObject live)
    {
        var metadata = live["metadata"] as JsonObject;
        Test("/metadata/uid", metadata?["uid"]);
        if (metadata?["generation"] is { } generation) Test("/metadata/generation", generation);
        else Test("/metadata/resourceVersion", metadata?["resourceVersion"]);
    }

    /// <summary>Values were changed, not only tested.</summary>
    public bool ChangesAnything { get; private set; }

    public PatchBuilder Test(string path, JsonNode? value)
    {
        if (value is not null) operations.Add(new JsonObject { ["op"] = "test", ["path"] = path, ["value"] = value.DeepClone() });
        return this;
    }

    /// <summary><c>add</c> sets a member that is there or not; <c>replace</c> fails where a lone destination has no weight.</summary>
    public PatchBuilder Set(string path, JsonNode value)
    {
        operations.Add(new JsonObject { ["op"] = "add", ["path"] = path, ["value"] = value });
        ChangesAnything = true;
        return this;
    }

    public PatchBuilder Remove(string path)
    {
        operations.Add(new JsonObject { ["op"] = "remove", ["path"] = path });
        ChangesAnything = true;
        return this;
    }

    public JsonArray Done() => operations;
}
