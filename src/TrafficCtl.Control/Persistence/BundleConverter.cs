using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using TrafficCtl.Core.Promotion.Bundles;

namespace TrafficCtl.Control.Persistence;

/// <summary>A bundle by its parts and its hash. One whose parts do not give that hash is refused.</summary>
internal sealed class BundleConverter : JsonConverter<Bundle>
{
    public override Bundle Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var data = JsonSerializer.Deserialize(ref reader, InfoOf(options)) ?? throw new JsonException("null is not a bundle");
        var restored = Pairing.Restore(data.Version, data.Revision, data.Artifact, data.Configuration, data.Hash);
        if (restored.Bundle is not { } bundle) throw new JsonException(string.Join("; ", restored.Problems));
        return bundle with
        {
            Author = data.Author,
            Change = data.Change,
            Compatibility = data.Compatibility,
            PublishedAt = data.PublishedAt,
        };
    }

    public override void Write(Utf8JsonWriter writer, Bundle value, JsonSerializerOptions options) => JsonSerializer.Serialize(
        writer,
        new BundleData(
            value.Version, value.Revision, value.Artifact, value.Configuration, value.Hash, value.Author, value.Change,
            value.Compatibility, value.PublishedAt),
        InfoOf(options));

    private static JsonTypeInfo<BundleData> InfoOf(JsonSerializerOptions options) =>
        (JsonTypeInfo<BundleData>)options.GetTypeInfo(typeof(BundleData));
}
