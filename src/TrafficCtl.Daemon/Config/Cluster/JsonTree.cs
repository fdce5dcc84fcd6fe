using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Yaml;

namespace TrafficCtl.Daemon.Config.Cluster;

/// <summary>The <c>spec</c> of a Delivery to the tree that its annotations would make.</summary>
internal static class JsonTree
{
    /// <summary>
    /// Keys that belong to the object and not to what it declares: whose it is, and how many Rollouts are kept beside it.
    /// </summary>
    private static readonly string[] Apart = ["service", "revisionHistoryLimit"];

    /// <summary>The cluster's own keys as a Delivery spells them.</summary>
    public static string Camel(string kebab)
    {
        var words = kebab.Split('-');
        return words[0] + string.Concat(words.Skip(1).Select(w => char.ToUpperInvariant(w[0]) + w[1..]));
    }

    public static Node.Map Read(JsonObject spec, Report report)
    {
        var entries = new Dictionary<string, Entry>(StringComparer.Ordinal);
        foreach (var (name, value) in spec)
        {
            if (name == KeyTree.Rest && value is JsonObject rest)
            {
                foreach (var (inner, node) in rest) Add(inner, inner, Of(node, 1));
            }
            else if (!Apart.Contains(name))
            {
                Add(ClusterSchema.Own.FirstOrDefault(k => Camel(k.Name) == name)?.Name ?? name, name, Of(value, 1));
            }
        }

        return new Node.Map(0, 0, [.. entries.Values]);

        void Add(string key, string shown, Node node)
        {
            if (!entries.TryAdd(key, new Entry(Word(key), node))) report.Add(0, 0, shown, "given twice", "remove one");
        }
    }

    private static Node Of(JsonNode? json, int depth)
    {
        if (depth > YamlTree.MaxDepth) return Word("nested too deep");
        return json switch
        {
            null => new Node.Scalar(0, 0, "", IsPlain: true),
            JsonObject map => new Node.Map(0, 0, [.. map.Select(p => new Entry(Word(p.Key), Of(p.Value, depth + 1)))]),
            JsonArray list => new Node.List(0, 0, [.. list.Select(item => Of(item, depth + 1))]),
            JsonValue value => new Node.Scalar(
                0, 0, value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString(), IsPlain: false),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private static Node.Scalar Word(string text) => new(0, 0, text, IsPlain: true);
}
