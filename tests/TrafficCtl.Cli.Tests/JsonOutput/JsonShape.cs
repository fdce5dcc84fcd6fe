using System.Globalization;
using System.Text.Json;
using Google.Protobuf.Reflection;
using TrafficCtl.Daemon.Api;

namespace TrafficCtl.Cli.Tests.JsonOutput;

/// <summary>Compares JSON that was really printed with the message that the documentation says it is.</summary>
internal static class JsonShape
{
    /// <summary>All differences, each with its path; empty when there are none.</summary>
    /// <param name="text">One document.</param>
    /// <param name="message">What it should be.</param>
    /// <param name="valued">Takes the paths (<c>Message.key</c>) that had a value: what is null in every sample proves nothing.</param>
    public static List<string> Differences(string text, MessageDescriptor message, ISet<string> valued)
    {
        var found = new List<string>();
        using var document = JsonDocument.Parse(text);
        Compare(document.RootElement, message, "$", found, valued);
        return found;
    }

    private static void Compare(JsonElement json, MessageDescriptor message, string path, List<string> found, ISet<string> valued)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            found.Add($"{path}: is {json.ValueKind}, not a {message.Name}");
            return;
        }

        var (are, should) = (json.EnumerateObject().Select(static p => p.Name).ToArray(), message.Fields.InDeclarationOrder());
        if (!are.SequenceEqual(should.Select(static f => f.JsonName), StringComparer.Ordinal))
            found.Add($"{path}: has {string.Join(' ', are)}, not {string.Join(' ', should.Select(static f => f.JsonName))}");
        foreach (var field in should)
        {
            if (!json.TryGetProperty(field.JsonName, out var value)) continue;
            var at = $"{path}.{field.JsonName}";
            if (value.ValueKind == JsonValueKind.Null)
            {
                if (!Types.MayBeNull(field)) found.Add($"{at}: is null and never should be");
                continue;
            }

            valued.Add($"{message.Name}.{field.JsonName}");
            if (field.IsMap) CompareMap(value, at, found);
            else if (!field.IsRepeated) CompareValue(value, field, at, found, valued);
            else if (value.ValueKind != JsonValueKind.Array) found.Add($"{at}: is {value.ValueKind}, not a list");
            else foreach (var item in value.EnumerateArray()) CompareValue(item, field, at, found, valued);
        }
    }

    private static void CompareMap(JsonElement value, string path, List<string> found)
    {
        if (value.ValueKind != JsonValueKind.Object || value.EnumerateObject().Any(static p => p.Value.ValueKind != JsonValueKind.String))
            found.Add($"{path}: is not a map of texts");
    }

    private static void CompareValue(JsonElement value, FieldDescriptor field, string path, List<string> found, ISet<string> valued)
    {
        if (Types.IsObject(field))
        {
            Compare(value, field.MessageType, path, found, valued);
            return;
        }

        if (!IsOf(value, field)) found.Add($"{path}: is {value.GetRawText()}, not a {Types.Of(field)}");
    }

    private static bool IsOf(JsonElement value, FieldDescriptor field) => Types.Of(field) switch
    {
        Types.Time => value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out _),
        Types.Duration => value.ValueKind == JsonValueKind.String && value.GetString() is [.. var number, 's']
            && double.TryParse(number, CultureInfo.InvariantCulture, out _),
        Types.Flag => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        Types.Text => value.ValueKind == JsonValueKind.String,
        _ => value.ValueKind == JsonValueKind.Number
            || (field.FieldType is FieldType.Int64 or FieldType.UInt64 && value.ValueKind == JsonValueKind.String
                && decimal.Parse(value.GetString()!, CultureInfo.InvariantCulture) is < -MessageJson.MostExact or > MessageJson.MostExact),
    };
}

/// <summary>The words of docs/json.md for types.</summary>
internal static class Types
{
    public const string Time = "time", Duration = "duration", Flag = "boolean", Text = "string", Number = "number";

    /// <summary>A message of the contract's own.</summary>
    public static bool IsObject(FieldDescriptor field) =>
        field is { FieldType: FieldType.Message, IsMap: false } && field.MessageType.File.Package != "google.protobuf";

    /// <summary>An optional value, or an object or time of which the contract says when it is missing.</summary>
    public static bool MayBeNull(FieldDescriptor field) => field switch
    {
        { IsRepeated: true } => false,
        { FieldType: FieldType.Message } => Contract.Of(field).Meaning.Contains("missing", StringComparison.OrdinalIgnoreCase),
        _ => field.HasPresence,
    };

    public static string Of(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message when field.MessageType.FullName == "google.protobuf.Timestamp" => Time,
        FieldType.Message when field.MessageType.FullName == "google.protobuf.Duration" => Duration,
        FieldType.Message => field.MessageType.Name,
        FieldType.Bool => Flag,
        FieldType.String => Text,
        _ => Number,
    };
}
