using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Yaml;

namespace TrafficCtl.Daemon.Config.Schema;

/// <summary>Values of one shape under names that the author chooses.</summary>
internal sealed record MapShape(string Noun, Regex Name, Shape Item, int Min, int Max) : Shape
{
    public override string Expected => $"a map from a name to {Item.Expected}";

    public override Value? Read(Node node, string path, Report report)
    {
        if (node is not Node.Map map) return Wrong(this, node, path, report);
        if (map.Entries.Length < Min) report.Add(node, path, $"has {map.Entries.Length} {Noun}, at least {Min} must be there");
        if (map.Entries.Length > Max)
        {
            report.Add(node, path, $"{map.Entries.Length} {Noun}, at most {Max} are allowed");
            return null;
        }

        var items = ImmutableArray.CreateBuilder<NamedValue>(map.Entries.Length);
        foreach (var (key, value) in map.Entries)
        {
            var at = YamlTree.Join(path, key.Text);
            if (!Scalars.Is(Name, key.Text))
                report.Add(key, at, $"\"{ScalarShape.Short(key.Text)}\" is not a name", $"use {Names.Words(Name)}");
            items.Add(new NamedValue(key.Text, key, Item.Read(value, at, report)));
        }

        return new Value.Named(node, path, items.ToImmutable());
    }

    public override JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["type"] = "object",
            ["propertyNames"] = new JsonObject { ["pattern"] = Name.ToString() },
            ["additionalProperties"] = Item.ToJson(),
            ["maxProperties"] = Max,
        };
        if (Min > 0) json["minProperties"] = Min;
        return json;
    }
}
