using System.Text.Json;
using System.Text.Json.Serialization;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Control.Persistence;

/// <summary>Route groups as an array: the depth, then the names.</summary>
internal sealed class PathGroupsConverter : JsonConverter<PathGroups>
{
    public override PathGroups Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray || !reader.Read()) throw Wrong(null);
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var depth)) throw Wrong(null);
        var names = new List<string>();
        while (reader.Read() && reader.TokenType == JsonTokenType.String) names.Add(reader.GetString()!);
        if (reader.TokenType != JsonTokenType.EndArray) throw Wrong(null);
        try
        {
            return PathGroups.Of(depth, names);
        }
        catch (ArgumentException wrong)
        {
            throw Wrong(wrong);
        }
    }

    public override void Write(Utf8JsonWriter writer, PathGroups value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        writer.WriteNumberValue(value.Depth);
        foreach (var name in value.Names) writer.WriteStringValue(name);
        writer.WriteEndArray();
    }

    private static JsonException Wrong(ArgumentException? why) =>
        new($"route groups are an array of their depth and their names{(why is null ? "" : $" ({why.Message})")}", why);
}
