using System.Buffers;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>A version as a pod template makes it.</summary>
/// <param name="Version">The name for people and a hash, such as <c>2.4.1+3fa9c1d2</c>: what differs has another name, always.</param>
/// <param name="Content">The whole hash.</param>
internal sealed record TemplateIdentity(string Version, string Content);

/// <summary>Names the version that a pod template stands for.</summary>
/// <remarks>
/// Two templates are the same version when they differ only in what a slot must have of its own (the labels that select its
/// pods, the names of its ConfigMaps and Secrets as long as their data is the same) or in what is no change at all (a restart).
/// </remarks>
internal static class PodTemplates
{
    private const int HashShown = 8, LongestHuman = 100;
    private static readonly string[] NoChange = ["kubectl.kubernetes.io/restartedAt"];

    /// <param name="template">The <c>spec.template</c> of a workload; it is not changed.</param>
    /// <param name="slotLabels">The labels that select the slot's pods.</param>
    /// <param name="dataOf">A hash of what a ConfigMap or Secret holds; null when it counts by its name.</param>
    public static TemplateIdentity Identify(JsonObject template, IReadOnlySet<string> slotLabels, Func<ConfigReference, string?> dataOf)
    {
        var plain = template.DeepClone().AsObject();
        if (plain.MapAt("metadata") is { } metadata)
        {
            metadata.Remove("creationTimestamp");
            Drop(metadata, "labels", [.. slotLabels, "pod-template-hash"]);
            Drop(metadata, "annotations", NoChange);
            if (metadata.Count == 0) plain.Remove("metadata");
        }

        foreach (var part in ImmutableArray.Create("affinity", "topologySpreadConstraints"))
            DropSelected(plain.At("spec", part), slotLabels);
        ConfigReferences.Visit(plain, reference => dataOf(reference) is { } data ? $"data:{data}" : reference.Name);
        var hash = HashOf(plain);
        var human = Human(template);
        return new(human is null ? hash[..HashShown] : $"{human}+{hash[..HashShown]}", hash);
    }

    /// <summary>A hash of JSON that does not depend on the order of keys.</summary>
    public static string HashOf(JsonNode? json)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer)) Write(writer, json);
        return Convert.ToHexStringLower(SHA256.HashData(buffer.WrittenSpan));
    }

    /// <summary>What a ConfigMap holds, without what it is called.</summary>
    public static string DataOf(JsonObject config) => HashOf(Data(config));

    /// <summary>What a Secret holds, keyed by its uid: who may not read Secrets cannot try guesses on the hash.</summary>
    public static string SecretDataOf(JsonObject secret)
    {
        var key = secret.Annotation(Copied) ?? secret.UidOf();
        return Convert.ToHexStringLower(
            HMACSHA256.HashData(System.Text.Encoding.UTF8.GetBytes(key), Convert.FromHexString(HashOf(Data(secret)))));
    }

    /// <summary>On a copy: the uid of the Secret that it was made of.</summary>
    public const string Copied = "state.trafficctl.io/copied-uid";

    /// <summary>The label for it, else the tag of the first container's image; null for neither.</summary>
    private static string? Human(JsonObject template)
    {
        var name = template.TextAt("metadata", "labels", "app.kubernetes.io/version");
        if (string.IsNullOrEmpty(name) && template.ListAt("spec", "containers").FirstOrDefault()?.TextAt("image") is { } image)
            name = Tag(image);
        if (string.IsNullOrEmpty(name) || !char.IsAsciiLetterOrDigit(name[0])) return null;
        return name.Length <= LongestHuman ? name : name[..LongestHuman];
    }

    /// <summary>A colon behind the last slash; a port of the registry is before it, a digest is no name.</summary>
    private static string? Tag(string image)
    {
        var digest = image.IndexOf('@', StringComparison.Ordinal);
        var named = digest < 0 ? image : image[..digest];
        var colon = named.LastIndexOf(':');
        return colon > named.LastIndexOf('/') ? named[(colon + 1)..] : null;
    }

    private static JsonObject Data(JsonObject config)
    {
        var data = new JsonObject();
        foreach (var part in ImmutableArray.Create("data", "binaryData"))
            if (config.MapAt(part) is { Count: > 0 } map) data[part] = map.DeepClone();
        return data;
    }

    private static void Drop(JsonObject metadata, string map, IEnumerable<string> keys)
    {
        if (metadata.MapAt(map) is not { } from) return;
        foreach (var key in keys) from.Remove(key);
        if (from.Count == 0) metadata.Remove(map);
    }

    /// <summary>Rules that keep a slot's pods apart name the slot's own labels.</summary>
    private static void DropSelected(JsonNode? json, IReadOnlySet<string> keys)
    {
        if (json is JsonArray list)
        {
            foreach (var item in list) DropSelected(item, keys);
        }
        else if (json is JsonObject map)
        {
            if (map.MapAt("matchLabels") is { } labels)
                foreach (var key in keys) labels.Remove(key);
            foreach (var (_, value) in map) DropSelected(value, keys);
        }
    }

    private static void Write(Utf8JsonWriter writer, JsonNode? json)
    {
        switch (json)
        {
            case JsonObject map:
                writer.WriteStartObject();
                foreach (var (key, value) in map.OrderBy(p => p.Key, StringComparer.Ordinal))
                {
                    if (value is null) continue;
                    writer.WritePropertyName(key);
                    Write(writer, value);
                }

                writer.WriteEndObject();
                break;
            case JsonArray list:
                writer.WriteStartArray();
                foreach (var item in list) Write(writer, item);
                writer.WriteEndArray();
                break;
            case null:
                writer.WriteNullValue();
                break;
            default:
                json.WriteTo(writer);
                break;
        }
    }
}
