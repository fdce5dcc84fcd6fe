using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Storage;

/// <summary>Members of objects that anybody may have written.</summary>
internal static class Members
{
    public static JsonObject? Object(this JsonObject of, string name) => of[name] as JsonObject;

    public static JsonArray? List(this JsonObject of, string name) => of[name] as JsonArray;

    /// <summary>Null when it is missing or no string.</summary>
    public static string? Text(this JsonObject of, string name) =>
        of[name] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    /// <summary>Null when it is missing or no whole number.</summary>
    public static long? Number(this JsonObject of, string name) =>
        of[name] is JsonValue value && value.GetValueKind() == JsonValueKind.Number
        && long.TryParse(value.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    /// <summary>Removes it when there is nothing to say.</summary>
    public static void Set(this JsonObject of, string name, string? text)
    {
        if (string.IsNullOrEmpty(text)) of.Remove(name);
        else of[name] = text;
    }

    /// <summary>The part of <c>metadata</c>; empty when it is missing.</summary>
    public static string Meta(this JsonObject of, string name) => of.Object("metadata")?.Text(name) ?? "";

    public static long Generation(this JsonObject of) => of.Object("metadata")?.Number("generation") ?? 0;

    /// <summary>To the tick.</summary>
    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    /// <summary>To the second, as the API writes its own.</summary>
    public static string Seconds(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <exception cref="FormatException">Missing, or no time.</exception>
    public static DateTimeOffset Time(this JsonObject of, string name) => of.Text(name) is { } text
        ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal)
        : throw new FormatException($"{name} is missing");

    /// <summary>At most so many characters; what is cut shows.</summary>
    public static string Cut(string text, int most) => text.Length <= most ? text : text[..(most - 1)] + "…";
}
