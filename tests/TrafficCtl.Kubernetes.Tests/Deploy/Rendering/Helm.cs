using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TrafficCtl.TestKit;

namespace TrafficCtl.Kubernetes.Tests.Deploy.Rendering;

/// <summary>
/// Renders a chart of a small language: .Values, .Release, if, else, range, include, toYaml, nindent, quote. Anything else is refused.
/// </summary>
internal sealed class Helm
{
    private static readonly Regex Word = new(@"""[^""]*""|[^\s""]+", RegexOptions.None, TimeSpan.FromSeconds(1));

    private readonly Dictionary<string, List<Template>> defined = [];
    private readonly JsonObject root;

    private Helm(JsonObject root) => this.root = root;

    /// <param name="chart">The folder.</param>
    /// <param name="name">The name of the release.</param>
    /// <param name="space">The space of the release.</param>
    /// <param name="values">Over those of the chart; every key must be one that the chart has.</param>
    public static ImmutableArray<JsonObject> Render(string chart, string name, string space, JsonObject? values = null)
    {
        var all = YamlJson.One(File.ReadAllText(Path.Combine(chart, "values.yaml")));
        Merge(all, values ?? [], "values");
        var schema = Path.Combine(chart, "values.schema.json");
        if (File.Exists(schema)
            && Schema.Check(JsonNode.Parse(File.ReadAllText(schema))!.AsObject(), all).ToArray() is { Length: > 0 } wrong)
            throw new InvalidOperationException(string.Join("; ", wrong));
        var helm = new Helm(new JsonObject { ["Values"] = all, ["Release"] = new JsonObject { ["Name"] = name, ["Namespace"] = space } });
        var files = Directory.GetFiles(Path.Combine(chart, "templates"))
            .Order(StringComparer.Ordinal)
            .Select(f => (Name: Path.GetFileName(f), Parsed: Template.Parse(Path.GetFileName(f), File.ReadAllText(f), helm.defined)))
            .ToList();
        return [.. files.Where(f => !f.Name.StartsWith('_'))
            .SelectMany(f => YamlJson.All(helm.Write(f.Parsed, helm.root)))
            .Select(o => o.AsObject())];
    }

    private static void Merge(JsonObject into, JsonObject over, string at)
    {
        foreach (var (key, value) in over)
        {
            if (!into.ContainsKey(key)) throw new InvalidOperationException($"{at}: the chart has no value {key}");
            if (into[key] is JsonObject { Count: > 0 } inner && value is JsonObject part) Merge(inner, part, $"{at}.{key}");
            else into[key] = value?.DeepClone();
        }
    }

    private string Write(List<Template> parts, JsonNode? dot)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
            switch (part)
            {
                case Template.Text words:
                    text.Append(words.Words);
                    break;
                case Template.Output output:
                    text.Append(Show(Evaluate(output.Pipeline, dot)));
                    break;
                case Template.If choice:
                    text.Append(Write(IsTrue(Evaluate(choice.Pipeline, dot)) ? choice.Then : choice.Else, dot));
                    break;
                case Template.Range each:
                    foreach (var item in Evaluate(each.Pipeline, dot) as JsonArray
                        ?? throw new NotSupportedException($"range over {each.Pipeline}, which is no list"))
                        text.Append(Write(each.Body, item));
                    break;
            }

        return text.ToString();
    }

    private JsonNode? Evaluate(string pipeline, JsonNode? dot)
    {
        JsonNode? value = null;
        var isFirst = true;
        foreach (var command in pipeline.Split('|'))
        {
            var words = Word.Matches(command).Select(m => m.Value).ToArray();
            value = (words, isFirst) switch
            {
                (["include", var name, var with], true) => Write(
                    defined.GetValueOrDefault(name.Trim('"')) ?? throw new NotSupportedException($"no template {name} is defined"),
                    Find(with, dot)),
                (["toYaml", var of], true) => Yaml(Find(of, dot), 0).TrimEnd('\n'),
                (["nindent", var by], false) => "\n" + Indent(Show(value), int.Parse(by, CultureInfo.InvariantCulture)),
                (["quote"], false) => JsonSerializer.Serialize(Show(value)),
                ([var path], true) => Find(path, dot),
                _ => throw new NotSupportedException($"{{{{ {pipeline} }}}} is not rendered here"),
            };
            isFirst = false;
        }

        return value;
    }

    private JsonNode? Find(string path, JsonNode? dot)
    {
        var at = path.StartsWith('$') ? root : dot;
        if (!path.StartsWith('$') && !path.StartsWith('.')) throw new NotSupportedException($"{path} is not rendered here");
        foreach (var name in path.TrimStart('$').Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            if (at is not JsonObject map || !map.ContainsKey(name)) throw new InvalidOperationException($"{path}: there is no {name}");
            at = map[name];
        }

        return at;
    }

    private static bool IsTrue(JsonNode? value) => value switch
    {
        null => false,
        JsonObject map => map.Count > 0,
        JsonArray list => list.Count > 0,
        _ => value.GetValueKind() switch
        {
            JsonValueKind.False => false,
            JsonValueKind.String => value.GetValue<string>().Length > 0,
            JsonValueKind.Number => value.ToJsonString() != "0",
            _ => true,
        },
    };

    private static string Show(JsonNode? value) => value switch
    {
        null => "",
        JsonValue text when text.GetValueKind() == JsonValueKind.String => text.GetValue<string>(),
        JsonValue plain => plain.ToJsonString(),
        _ => throw new NotSupportedException($"{value.ToJsonString()} is printed as it is: use toYaml"),
    };

    private static string Indent(string text, int by) =>
        string.Join('\n', text.Split('\n').Select(line => line.Length == 0 ? line : new string(' ', by) + line));

    /// <summary>In blocks, as Helm writes it.</summary>
    private static string Yaml(JsonNode? value, int depth)
    {
        var pad = new string(' ', depth);
        return value switch
        {
            JsonObject { Count: > 0 } map => string.Concat(map.Select(m => m.Value is JsonObject { Count: > 0 } or JsonArray { Count: > 0 }
                ? $"{pad}{m.Key}:\n{Yaml(m.Value, depth + (m.Value is JsonArray ? 0 : 2))}"
                : $"{pad}{m.Key}: {m.Value?.ToJsonString() ?? "null"}\n")),
            JsonArray { Count: > 0 } list => string.Concat(list.Select(i => i is JsonObject { Count: > 0 } inner
                ? $"{pad}- {Yaml(inner, depth + 2).TrimStart(' ')}"
                : $"{pad}- {i?.ToJsonString() ?? "null"}\n")),
            _ => pad + (value?.ToJsonString() ?? "null") + "\n",
        };
    }
}
