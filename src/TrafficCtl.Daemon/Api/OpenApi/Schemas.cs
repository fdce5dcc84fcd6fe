using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace TrafficCtl.Daemon.Api.OpenApi;

/// <summary>
/// The contract's messages as JSON Schema, as <see cref="MessageJson"/> writes them and the parser of requests reads them.
/// </summary>
internal sealed class Schemas
{
    private readonly JsonObject all = new();

    /// <summary>What was referred to, by name.</summary>
    public JsonObject All => all;

    /// <summary>A reference to an answer: every key is there, and what is missing is null.</summary>
    public JsonObject Of(MessageDescriptor message) => Refer(message, message.Name, isAnswer: true);

    /// <summary>A reference to a request: keys may be left out, and no others are taken.</summary>
    public JsonObject OfRequest(MessageDescriptor message) => Refer(message, message.Name, isAnswer: false);

    /// <summary>The schema of a number, or of its text, for a field that stands in a query.</summary>
    public static JsonObject OfNumberOrText(FieldDescriptor field) => new() { ["type"] = TypeOf(field) };

    private JsonObject Refer(MessageDescriptor message, string name, bool isAnswer)
    {
        if (!all.ContainsKey(name))
        {
            var (schema, properties) = (new JsonObject { ["type"] = "object" }, new JsonObject());
            all[name] = schema; // Before its fields: messages may hold each other.
            foreach (var field in message.Fields.InDeclarationOrder()) properties[field.JsonName] = OfField(field, isAnswer);
            schema["properties"] = properties;
            if (isAnswer) schema["required"] = new JsonArray([.. properties.Select(static p => (JsonNode)JsonValue.Create(p.Key))]);
            else schema["additionalProperties"] = false;
        }

        return new JsonObject { ["$ref"] = $"#/components/schemas/{name}" };
    }

    private JsonObject OfField(FieldDescriptor field, bool isAnswer)
    {
        if (field.IsMap)
            return new JsonObject
            {
                ["type"] = "object",
                ["additionalProperties"] = OfNumberOrText(field.MessageType.FindFieldByNumber(2)),
            };
        var one = OfValue(field, isAnswer);
        if (field.IsRepeated) return new JsonObject { ["type"] = "array", ["items"] = one };
        if (!field.HasPresence && field.FieldType != FieldType.Double) return one;
        return new JsonObject { ["oneOf"] = new JsonArray(one, new JsonObject { ["type"] = "null" }) };
    }

    private JsonObject OfValue(FieldDescriptor field, bool isAnswer)
    {
        if (field.FieldType != FieldType.Message) return OfNumberOrText(field);
        if (field.MessageType.FullName == Timestamp.Descriptor.FullName)
            return new JsonObject { ["type"] = "string", ["format"] = "date-time" };
        if (field.MessageType.FullName == Duration.Descriptor.FullName)
            return new JsonObject { ["type"] = "string", ["pattern"] = "^-?[0-9]+(\\.[0-9]+)?s$" };
        return Refer(field.MessageType, field.MessageType.Name, isAnswer);
    }

    /// <summary>Whole numbers beyond 2^53 are texts of their digits.</summary>
    private static JsonNode TypeOf(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Bool => "boolean",
        FieldType.Double => "number",
        FieldType.Int32 => "integer",
        FieldType.Int64 or FieldType.UInt64 => new JsonArray("integer", "string"),
        FieldType.String => "string",
        var other => throw new NotSupportedException($"the contract has no {other}"),
    };
}
