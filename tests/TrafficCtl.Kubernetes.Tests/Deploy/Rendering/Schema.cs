using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TrafficCtl.Kubernetes.Tests.Deploy.Rendering;

/// <summary>
/// As much of JSON Schema as the chart's <c>values.schema.json</c> uses, as Helm checks values by it; any other
/// keyword is refused.
/// </summary>
internal static class Schema
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>What the schema says against the value; empty when it accepts it.</summary>
    public static IEnumerable<string> Check(JsonObject schema, JsonNode? value, string at = "values") =>
        schema.SelectMany(rule => Check(rule.Key, rule.Value!, schema, value, at));

    private static IEnumerable<string> Check(string keyword, JsonNode rule, JsonObject schema, JsonNode? value, string at) => keyword switch
    {
        "$schema" or "title" or "description" => [],
        "type" => Unless(Is(rule.GetValue<string>(), value), $"{at} is no {rule}"),
        "const" => Unless(JsonNode.DeepEquals(rule, value), $"{at} is not {rule.ToJsonString()}"),
        "enum" => Unless(rule.AsArray().Any(e => JsonNode.DeepEquals(e, value)), $"{at} is none of {rule.ToJsonString()}"),
        "pattern" => Unless(Text(value) is not { } text
            || Regex.IsMatch(text, rule.GetValue<string>(), RegexOptions.None, Patience), $"{at} does not match {rule}"),
        "minLength" => Unless(Text(value) is not { } text || text.Length >= rule.GetValue<long>(), $"{at} is too short"),
        "maxLength" => Unless(Text(value) is not { } text || text.Length <= rule.GetValue<long>(), $"{at} is too long"),
        "minimum" => Unless(Number(value) is not { } number || number >= Number(rule), $"{at} is less than {rule}"),
        "maximum" => Unless(Number(value) is not { } number || number <= Number(rule), $"{at} is more than {rule}"),
        "required" => value is JsonObject map
            ? rule.AsArray().Where(r => !map.ContainsKey(r!.GetValue<string>())).Select(r => $"{at} has no {r}") : [],
        "properties" => value is JsonObject map
            ? map.Where(p => rule[p.Key] is not null).SelectMany(p => Check(rule[p.Key]!.AsObject(), p.Value, $"{at}.{p.Key}")) : [],
        "additionalProperties" when !rule.GetValue<bool>() => value is JsonObject map
            ? map.Where(p => schema["properties"]![p.Key] is null).Select(p => $"{at} has no {p.Key}")
            : [],
        "items" => value is JsonArray list ? list.SelectMany((item, i) => Check(rule.AsObject(), item, $"{at}[{i}]")) : [],
        "anyOf" => Unless(rule.AsArray().Any(one => !Check(one!.AsObject(), value, at).Any()),
            $"{at} is none of what it may be: {Descriptions(rule)}"),
        "not" => Unless(Check(rule.AsObject(), value, at).Any(), $"{at} is what it must not be: {rule["description"]}"),
        _ => throw new NotSupportedException($"{at}: the keyword {keyword} is not known here"),
    };

    private static string Descriptions(JsonNode rules) =>
        string.Join(' ', rules.AsArray().Select(r => r!["description"]?.GetValue<string>()).OfType<string>());

    private static IEnumerable<string> Unless(bool holds, string complaint) => holds ? [] : [complaint];

    private static bool Is(string type, JsonNode? value) => type switch
    {
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "string" => Text(value) is not null,
        "boolean" => value is JsonValue truth && truth.TryGetValue<bool>(out _),
        "integer" => Number(value) is { } number && number == Math.Truncate(number),
        _ => throw new NotSupportedException($"the type {type} is not known here"),
    };

    private static string? Text(JsonNode? value) => value is JsonValue one && one.TryGetValue<string>(out var text) ? text : null;

    private static double? Number(JsonNode? value) => value is not JsonValue one ? null
        : one.TryGetValue<long>(out var whole) ? whole
        : one.TryGetValue<int>(out var small) ? small
        : one.TryGetValue<double>(out var real) ? real
        : null;
}
