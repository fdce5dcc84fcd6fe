using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using TrafficCtl.Core.Texts;

namespace TrafficCtl.Daemon.Api;

/// <summary>Messages of the contract as JSON: the same for the admin API and for <c>-o json</c>.</summary>
/// <remarks>
/// proto3's JSON with four rules: every key is there; what is missing or unknown is null (an <c>optional</c> field that is
/// not set or an empty text, a message that is not set, NaN, infinity); integers of 64 bits are numbers up to 2^53, which
/// every reader of JSON holds exactly, and strings of digits beyond; what a reader would not see is escaped. proto3's own
/// parsers read it.
/// </remarks>
public static class MessageJson
{
    /// <summary>The largest whole number up to which a double holds all.</summary>
    public const long MostExact = 1L << 53;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One line.</summary>
    public static string Format(IMessage message)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Options)) Write(message, json);
        return Printable.Escape(Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length));
    }

    private static void Write(IMessage message, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            json.WritePropertyName(field.JsonName);
            var value = field.Accessor.GetValue(message);
            if (field.IsMap) WriteMap((IDictionary)value, json);
            else if (field.IsRepeated) WriteList((IList)value, json);
            else if (IsMissing(message, field, value)) json.WriteNullValue();
            else WriteValue(value, json);
        }

        json.WriteEndObject();
    }

    private static bool IsMissing(IMessage message, FieldDescriptor field, object? value) =>
        value is null || (field.HasPresence && (!field.Accessor.HasValue(message) || value is ""));

    private static void WriteList(IList values, Utf8JsonWriter json)
    {
        json.WriteStartArray();
        foreach (var value in values) WriteValue(value!, json);
        json.WriteEndArray();
    }

    private static void WriteMap(IDictionary values, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (var key in values.Keys.Cast<string>().Order(StringComparer.Ordinal))
        {
            json.WritePropertyName(key);
            WriteValue(values[key]!, json);
        }

        json.WriteEndObject();
    }

    private static void WriteValue(object value, Utf8JsonWriter json)
    {
        switch (value)
        {
            case Timestamp or Duration:
                json.WriteRawValue(value.ToString()!); // proto3's text of them, in quotes.
                break;
            case IMessage message:
                Write(message, json);
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case double number:
                if (double.IsFinite(number)) json.WriteNumberValue(number);
                else json.WriteNullValue();
                break;
            case int number:
                json.WriteNumberValue(number);
                break;
            case long number when number is >= -MostExact and <= MostExact:
                json.WriteNumberValue(number);
                break;
            case ulong number when number <= MostExact:
                json.WriteNumberValue(number);
                break;
            case long or ulong:
                json.WriteStringValue(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
                break;
            default:
                throw new NotSupportedException($"the contract has no {value.GetType().Name}");
        }
    }
}
