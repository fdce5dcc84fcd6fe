using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace TrafficCtl.Daemon.Tests.Config;

/// <summary>As much of JSON Schema as the delivery schema uses; an unknown keyword is a failure of the test, not a pass.</summary>
internal static class Subset
{
    /// <summary>What the schema says against the value; empty when it accepts it.</summary>
    public static IEnumerable<string> Check(JsonObject schema, JsonNode? value, string path = "$")
    {
        foreach (var (keyword, rule) in schema)
            foreach (var complaint in Check(keyword, rule!, schema, value, path))
                yield return complaint;
    }

    private static IEnumerable<string> Check(
        string keyword, JsonNode rule, JsonObject schema, JsonNode? value, string path) => keyword switch
        {
            "$schema" or "$id" or "title" or "description" or "default" => [],
            "type" => Fail(
                (rule is JsonArray types ? types.Select(t => t!.GetValue<string>()) : [rule.GetValue<string>()]).Any(t => Is(t, value)),
                $"{path}: type {rule.ToJsonString()}"),
            "enum" => Fail(rule.AsArray().Any(e => JsonNode.DeepEquals(e, value)), $"{path}: enum"),
            "const" => Fail(value is JsonValue v && Number(v) == rule.GetValue<int>(), $"{path}: const"),
            "pattern" =>
                Fail(value is not JsonValue text
                    || Text(text) is not { } s
                    || Regex.IsMatch(s, rule.GetValue<string>(), RegexOptions.NonBacktracking), $"{path}: pattern {rule}"),
            "minimum" => Fail(Number(value) is not { } n || n >= rule.GetValue<double>(), $"{path}: minimum"),
            "maximum" => Fail(Number(value) is not { } n || n <= rule.GetValue<double>(), $"{path}: maximum"),
            "exclusiveMinimum" => Fail(Number(value) is not { } n || n > rule.GetValue<double>(), $"{path}: exclusiveMinimum"),
            "exclusiveMaximum" => Fail(Number(value) is not { } n || n < rule.GetValue<double>(), $"{path}: exclusiveMaximum"),
            "minItems" => Fail(value is not JsonArray a || a.Count >= rule.GetValue<int>(), $"{path}: minItems"),
            "maxItems" => Fail(value is not JsonArray a || a.Count <= rule.GetValue<int>(), $"{path}: maxItems"),
            "minProperties" => Fail(value is not JsonObject o || o.Count >= rule.GetValue<int>(), $"{path}: minProperties"),
            "maxProperties" => Fail(value is not JsonObject o || o.Count <= rule.GetValue<int>(), $"{path}: maxProperties"),
            "items" => value is JsonArray items ? items.SelectMany((item, i) => Check(rule.AsObject(), item, $"{path}[{i}]")) : [],
            "required" => value is JsonObject map ? rule.AsArray()
                .Where(r => !map.ContainsKey(r!.GetValue<string>()))
                .Select(r => $"{path}: required {r}") : [],
            "properties" => value is JsonObject map
                ? map.Where(f => rule.AsObject().ContainsKey(f.Key)).SelectMany(
                    f => Check(rule[f.Key]!.AsObject(), f.Value, $"{path}.{f.Key}"))
                : [],
            "propertyNames" =>
                value is JsonObject map ? map.SelectMany(f => Check(rule.AsObject(), JsonValue.Create(f.Key), $"{path}.{f.Key}")) : [],
            "additionalProperties" => CheckOthers(rule, schema, value, path),
            "if" => Check(schema[Check(rule.AsObject(), value, path).Any() ? "else" : "then"]!.AsObject(), value, path),
            "then" or "else" => [],
            "anyOf" => Fail(rule.AsArray().Any(option => !Check(option!.AsObject(), value, path).Any()), $"{path}: anyOf"),
            "oneOf" => Fail(rule.AsArray().Count(option => !Check(option!.AsObject(), value, path).Any()) == 1, $"{path}: oneOf"),
            _ => [$"{path}: the keyword {keyword} is not known to this test"],
        };

    private static IEnumerable<string> CheckOthers(JsonNode rule, JsonObject schema, JsonNode? value, string path)
    {
        if (value is not JsonObject map) return [];
        var others = map.Where(f => schema["properties"]?.AsObject().ContainsKey(f.Key) != true);
        return rule is JsonObject inner
            ? others.SelectMany(f => Check(inner, f.Value, $"{path}.{f.Key}"))
            : others.Select(f => $"{path}.{f.Key}: additionalProperties");
    }

    private static IEnumerable<string> Fail(bool holds, string complaint) => holds ? [] : [complaint];

    private static bool Is(string type, JsonNode? value) => type switch
    {
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "string" => value is JsonValue v && Text(v) is not null,
        "boolean" => value is JsonValue b && b.TryGetValue<bool>(out _),
        "number" => Number(value) is not null,
        "integer" => Number(value) is { } n && n == Math.Truncate(n),
        _ => false,
    };

    private static string? Text(JsonValue value) => value.TryGetValue<string>(out var text) ? text : null;

    private static double? Number(JsonNode? value) => value is JsonValue v && v.TryGetValue<double>(out var number) ? number : null;

    /// <summary>What an editor makes of YAML: plain numbers and truth values have their types.</summary>
    public static JsonNode? FromYaml(YamlNode node) => node switch
    {
        YamlMappingNode map =>
            new JsonObject(map.Children.Select(c => KeyValuePair.Create(((YamlScalarNode)c.Key).Value!, FromYaml(c.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(FromYaml)]),
        YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain } plain when double.TryParse(
            plain.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) =>
            JsonValue.Create(number),
        YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: "true" or "false" } plain =>
            JsonValue.Create(plain.Value == "true"),
        YamlScalarNode scalar => JsonValue.Create(scalar.Value),
        _ => throw new NotSupportedException(),
    };
}
