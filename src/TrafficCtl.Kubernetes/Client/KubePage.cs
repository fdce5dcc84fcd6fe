using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Client;

/// <summary>One page of a list. Each item keeps its own bytes alone: parsed as one document, an item would keep the whole page.</summary>
/// <param name="Items">With kind and version, which the items of built-in lists come without.</param>
/// <param name="Continue">Where the next page begins; null when this is the last.</param>
/// <param name="ResourceVersion">The resource version of the list.</param>
internal sealed record KubePage(ImmutableArray<JsonObject> Items, string? Continue, string ResourceVersion)
{
    /// <summary>Nodes are made at the first look: what they could not be made of is refused here.</summary>
    public static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <returns>Null when the text is no object.</returns>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static KubePage? Read(ReadOnlySpan<byte> text, KubeKind kind)
    {
        var reader = new Utf8JsonReader(text);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
        var items = ImmutableArray.CreateBuilder<JsonObject>();
        JsonNode? metadata = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isItems, isMetadata) = (reader.ValueTextEquals("items"u8), reader.ValueTextEquals("metadata"u8));
            reader.Read();
            if (isItems && reader.TokenType == JsonTokenType.StartArray)
            {
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) items.Add(Item(Value(text, ref reader), kind));
            }
            else if (isMetadata)
            {
                metadata = JsonNode.Parse(Value(text, ref reader), null, Strict);
            }
            else
            {
                reader.Skip();
            }
        }

        // Whatever follows the object is an error.
        reader.Read();
        return new KubePage(items.DrainToImmutable(), Text(metadata, "continue"), Text(metadata, "resourceVersion") ?? "");
    }

    /// <summary>The bytes of the value at which the reader stands; it stands at their end afterwards.</summary>
    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> text, ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return text[start..(int)reader.BytesConsumed];
    }

    private static JsonObject Item(ReadOnlySpan<byte> text, KubeKind kind)
    {
        var item = JsonNode.Parse(text, null, Strict) as JsonObject ?? throw new JsonException("an item of the list is no object");
        item["apiVersion"] ??= kind.ApiVersion;
        item["kind"] ??= kind.Kind;
        return item;
    }

    private static string? Text(JsonNode? metadata, string key) =>
        metadata is JsonObject map && map[key] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0
            ? text
            : null;
}
