using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace TrafficCtl.Daemon.Logging;

/// <summary>
/// One log record as one line of JSON: <c>time, level, category, eventId, eventName, message, properties,
/// exception</c>; what is not there is left out.
/// </summary>
/// <remarks>All but plain ASCII is escaped, so nothing in a value can end the line or speak to a terminal.</remarks>
internal static class JsonLine
{
    private const string Template = "{OriginalFormat}";

    /// <summary>Quotes and angle brackets stay readable: a log is no web page. What is beyond ASCII is escaped afterwards.</summary>
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>How many elements of a list in a property are written; the others are left out.</summary>
    private const int MostElements = 100;

    public static string Of(
        DateTimeOffset at, LogLevel level, string category, EventId id, string message,
        IEnumerable<KeyValuePair<string, object?>>? properties = null, Exception? fault = null)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("time", at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("level", LogSettings.NameOf(level));
            json.WriteString("category", Whole(category));
            if (id.Id != 0) json.WriteNumber("eventId", id.Id);
            if (id.Name is { Length: > 0 } name) json.WriteString("eventName", Whole(name));
            json.WriteString("message", Whole(message));
            WriteProperties(json, properties);
            if (fault is not null) json.WriteString("exception", Whole(fault.ToString()));
            json.WriteEndObject();
        }

        return Ascii(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    /// <summary>Only strings have other characters, and in a string each may be written by its number.</summary>
    private static string Ascii(string json)
    {
        if (!json.AsSpan().ContainsAnyExceptInRange(' ', '~')) return json;
        var escaped = new StringBuilder(json.Length + 16);
        foreach (var c in json)
        {
            if (c is >= ' ' and <= '~') escaped.Append(c);
            else escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }

        return escaped.ToString();
    }

    private static void WriteProperties(Utf8JsonWriter json, IEnumerable<KeyValuePair<string, object?>>? properties)
    {
        var written = default(HashSet<string>);
        foreach (var (name, value) in properties ?? [])
        {
            if (name == Template) continue;
            if (written is null) json.WriteStartObject("properties");
            written ??= new HashSet<string>(StringComparer.Ordinal);
            if (!written.Add(name)) continue; // A name that a template has twice has one value.
            json.WritePropertyName(Whole(name));
            WriteValue(json, value);
        }

        if (written is not null) json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case bool truth: json.WriteBooleanValue(truth); break;
            case int number: json.WriteNumberValue(number); break;
            case long number: json.WriteNumberValue(number); break;
            case uint number: json.WriteNumberValue(number); break;
            case ulong number: json.WriteNumberValue(number); break;
            case decimal number: json.WriteNumberValue(number); break;
            case double number when double.IsFinite(number): json.WriteNumberValue(number); break;
            case float number when float.IsFinite(number): json.WriteNumberValue(number); break;
            case string text: json.WriteStringValue(Whole(text)); break;
            case DateTimeOffset at: json.WriteStringValue(at.ToString("O", CultureInfo.InvariantCulture)); break;
            case IEnumerable list: WriteList(json, list); break;
            case IFormattable other: json.WriteStringValue(Whole(other.ToString(null, CultureInfo.InvariantCulture))); break;
            default: json.WriteStringValue(Whole(value.ToString() ?? "")); break;
        }
    }

    private static void WriteList(Utf8JsonWriter json, IEnumerable list)
    {
        json.WriteStartArray();
        foreach (var element in list.Cast<object?>().Take(MostElements))
            json.WriteStringValue(Whole(Convert.ToString(element, CultureInfo.InvariantCulture) ?? ""));
        json.WriteEndArray();
    }

    /// <summary>Half a surrogate pair is no text, and the writer refuses it.</summary>
    private static string Whole(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF')) return text;
        var whole = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes()) whole.Append(rune.ToString());
        return whole.ToString();
    }
}
