using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TrafficCtl.TestKit;

/// <summary>
/// A CRD's structural schema at work: unknown fields pruned or refused, defaults set, values validated. CEL rules are not evaluated.
/// </summary>
internal static class KubeSchema
{
    /// <exception cref="KubeRefusal">
    /// 422 for a wrong value; an unknown field under Strict: 400 of a whole object, 422 of a patch, as the API server does.
    /// </exception>
    public static void Admit(KubeResource resource, KubeVersion version, JsonObject what, string validation, bool isPatch)
    {
        if (version.Schema is not { } schema) return;
        var name = what["metadata"]?["name"]?.GetValue<string>() ?? "";
        var unknown = new List<string>();
        Prune(schema, what, "", isRoot: true, unknown);
        if (unknown.Count > 0 && validation == "Strict")
        {
            var said = "strict decoding error: " + string.Join(", ", unknown.Select(u => $"unknown field \"{u}\""));
            throw isPatch
                ? KubeRefusal.Invalid(resource.Group, resource.Kind, name, [new("patch", "FieldValueInvalid", $"Invalid value: {said}")])
                : KubeRefusal.BadRequest($"{resource.Kind} in version \"{version.Name}\" cannot be handled as a {resource.Kind}: {said}");
        }

        Default(schema, what);
        var problems = new List<KubeProblem>();
        Validate(schema, what, "", isRoot: true, problems);
        if (problems.Count > 0) throw KubeRefusal.Invalid(resource.Group, resource.Kind, name, problems);
    }

    private static void Prune(JsonObject schema, JsonNode? what, string at, bool isRoot, List<string> unknown)
    {
        if (what is JsonArray list && schema["items"] is JsonObject items)
        {
            for (var i = 0; i < list.Count; i++) Prune(items, list[i], $"{at}[{i}]", isRoot: false, unknown);
        }

        if (what is not JsonObject map) return;
        var keeps = Is(schema, "x-kubernetes-preserve-unknown-fields");
        var embedded = isRoot || Is(schema, "x-kubernetes-embedded-resource");
        foreach (var (key, value) in map.ToArray())
        {
            if (embedded && key is "metadata" or "apiVersion" or "kind") continue;
            var path = at.Length == 0 ? key : $"{at}.{key}";
            if (schema["properties"]?[key] is JsonObject property) Prune(property, value, path, isRoot: false, unknown);
            else if (schema["additionalProperties"] is JsonObject any) Prune(any, value, path, isRoot: false, unknown);
            else if (!keeps && schema["additionalProperties"]?.GetValueKind() != JsonValueKind.True)
            {
                unknown.Add(path);
                map.Remove(key);
            }
        }
    }

    private static void Default(JsonObject schema, JsonNode? what)
    {
        if (what is JsonArray list && schema["items"] is JsonObject items)
        {
            foreach (var item in list) Default(items, item);
        }

        if (what is not JsonObject map) return;
        foreach (var (key, property) in schema["properties"] as JsonObject ?? [])
        {
            if (property!["default"] is { } value
                && (!map.TryGetPropertyValue(key, out var there) || (there is null && !Is(property.AsObject(), "nullable"))))
                map[key] = value.DeepClone();
            Default(property.AsObject(), map[key]);
        }

        if (schema["additionalProperties"] is not JsonObject any) return;
        foreach (var (_, value) in map) Default(any, value);
    }

    private static void Validate(JsonObject schema, JsonNode? what, string at, bool isRoot, List<KubeProblem> problems)
    {
        if (!HasType(schema, what))
        {
            problems.Add(new(at, "FieldValueTypeInvalid", $"Invalid value: {Show(what)}: must be of type {schema["type"]}"));
            return;
        }

        if (schema["enum"] is JsonArray options && !options.Any(o => JsonNode.DeepEquals(o, what)))
            problems.Add(new(
                at, "FieldValueNotSupported",
                $"Unsupported value: {Show(what)}: supported values: {string.Join(", ", options.Select(Show))}"));
        switch (what)
        {
            case JsonObject map: Members(schema, map, at, isRoot, problems); break;
            case JsonArray list: Items(schema, list, at, problems); break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                Text(schema, value.GetValue<string>(), at, problems); break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.Number: Number(schema, value, at, problems); break;
        }

        Combined(schema, what, at, problems);
    }

    private static void Members(JsonObject schema, JsonObject map, string at, bool isRoot, List<KubeProblem> problems)
    {
        foreach (var key in schema["required"] as JsonArray ?? [])
        {
            if (!map.ContainsKey(key!.GetValue<string>()))
                problems.Add(new(Join(at, key.GetValue<string>()), "FieldValueRequired", "Required value"));
        }

        Bound(schema, "minProperties", map.Count, at, problems);
        Bound(schema, "maxProperties", map.Count, at, problems);
        foreach (var (key, value) in map)
        {
            if (isRoot && key is "metadata" or "apiVersion" or "kind") continue;
            if ((schema["properties"]?[key] ?? schema["additionalProperties"]) is JsonObject inner)
                Validate(inner, value, Join(at, key), isRoot: false, problems);
        }
    }

    private static void Items(JsonObject schema, JsonArray list, string at, List<KubeProblem> problems)
    {
        Bound(schema, "minItems", list.Count, at, problems);
        Bound(schema, "maxItems", list.Count, at, problems);
        if (schema["items"] is JsonObject items)
        {
            for (var i = 0; i < list.Count; i++) Validate(items, list[i], $"{at}[{i}]", isRoot: false, problems);
        }

        var keys = schema["x-kubernetes-list-type"]?.GetValue<string>() switch
        {
            "set" => list.Select(Show),
            "map" => list.Select(
                i => string.Join(',', schema["x-kubernetes-list-map-keys"]!.AsArray().Select(k => Show(i?[k!.GetValue<string>()])))),
            _ => [],
        };
        foreach (var twice in keys.GroupBy(k => k, StringComparer.Ordinal).Where(g => g.Count() > 1))
            problems.Add(new(at, "FieldValueDuplicate", $"Duplicate value: {twice.Key}"));
    }

    private static void Text(JsonObject schema, string text, string at, List<KubeProblem> problems)
    {
        var length = text.EnumerateRunes().Count();
        Bound(schema, "minLength", length, at, problems);
        Bound(schema, "maxLength", length, at, problems);
        if (schema["pattern"]?.GetValue<string>() is { } pattern
            && !Regex.IsMatch(text, pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)))
            problems.Add(new(at, "FieldValueInvalid", $"Invalid value: \"{text}\": should match '{pattern}'"));
        if (schema["format"]?.GetValue<string>() == "date-time" && !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _))
            problems.Add(new(at, "FieldValueInvalid", $"Invalid value: \"{text}\": must be of type date-time"));
    }

    private static void Number(JsonObject schema, JsonValue value, string at, List<KubeProblem> problems)
    {
        var number = double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture);
        if (Limit(schema, "minimum") is { } low && (number < low || (number == low && Is(schema, "exclusiveMinimum"))))
            problems.Add(new(at, "FieldValueInvalid", $"Invalid value: {number}: should be greater than or equal to {low}"));
        if (Limit(schema, "maximum") is { } high && (number > high || (number == high && Is(schema, "exclusiveMaximum"))))
            problems.Add(new(at, "FieldValueInvalid", $"Invalid value: {number}: should be less than or equal to {high}"));
        if (Limit(schema, "multipleOf") is { } step && Math.Abs(number / step % 1) > 1e-12)
            problems.Add(new(at, "FieldValueInvalid", $"Invalid value: {number}: should be a multiple of {step}"));
    }

    private static void Combined(JsonObject schema, JsonNode? what, string at, List<KubeProblem> problems)
    {
        foreach (var part in schema["allOf"] as JsonArray ?? []) Validate(part!.AsObject(), what, at, isRoot: false, problems);
        if (schema["anyOf"] is JsonArray any && !any.Any(p => Fits(p, what)))
            problems.Add(new(at, "FieldValueInvalid", $"Invalid value: {Show(what)}: must validate at least one schema (anyOf)"));
        if (schema["oneOf"] is JsonArray one && one.Count(p => Fits(p, what)) != 1)
            problems.Add(new(at, "FieldValueInvalid", $"Invalid value: {Show(what)}: must validate one and only one schema (oneOf)"));
        if (schema["not"] is { } not && Fits(not, what))
            problems.Add(new(at, "FieldValueInvalid", $"Invalid value: {Show(what)}: must not validate the schema (not)"));
    }

    private static bool Fits(JsonNode? schema, JsonNode? what)
    {
        var problems = new List<KubeProblem>();
        Validate(schema!.AsObject(), what, "", isRoot: false, problems);
        return problems.Count == 0;
    }

    private static bool HasType(JsonObject schema, JsonNode? what)
    {
        if (what is null) return Is(schema, "nullable") || schema["type"] is null && !Is(schema, "x-kubernetes-int-or-string");
        var kind = what.GetValueKind();
        if (Is(schema, "x-kubernetes-int-or-string")) return kind == JsonValueKind.String || IsInteger(what);
        return schema["type"]?.GetValue<string>() switch
        {
            "object" => kind == JsonValueKind.Object,
            "array" => kind == JsonValueKind.Array,
            "string" => kind == JsonValueKind.String,
            "boolean" => kind is JsonValueKind.True or JsonValueKind.False,
            "integer" => IsInteger(what),
            "number" => kind == JsonValueKind.Number,
            _ => true,
        };
    }

    private static bool IsInteger(JsonNode what) => what.GetValueKind() == JsonValueKind.Number
        && decimal.TryParse(what.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
        && number == decimal.Truncate(number);

    private static void Bound(JsonObject schema, string key, int size, string at, List<KubeProblem> problems)
    {
        if (Limit(schema, key) is not { } limit || (key.StartsWith("min", StringComparison.Ordinal) ? size >= limit : size <= limit))
            return;
        problems.Add(new(at, "FieldValueInvalid", $"Invalid value: {key} is {limit}, and there are {size}"));
    }

    private static double? Limit(JsonObject schema, string key) =>
        schema[key] is { } limit ? double.Parse(limit.ToJsonString(), CultureInfo.InvariantCulture) : null;

    private static bool Is(JsonObject schema, string key) => schema[key]?.GetValueKind() == JsonValueKind.True;

    private static string Join(string at, string key) => at.Length == 0 ? key : $"{at}.{key}";

    private static string Show(JsonNode? what) => what?.ToJsonString() ?? "null";
}
