using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Daemon.Config.Yaml;

namespace TrafficCtl.Daemon.Config.Schema;

/// <summary>Values of one shape in an order that matters.</summary>
internal sealed record ListShape(string Noun, Shape Item, int Min, int Max) : Shape
{
    public override string Expected => $"a list of {Noun}";

    public override string? Example => Item.Example is { } item ? $"[{item}]" : null;

    public override Value? Read(Node node, string path, Report report)
    {
        if (node is not Node.List list)
        {
            if (node is Node.Scalar { IsNull: false } one && Item is ScalarShape)
            {
                report.Add(node, path, $"expected {Expected}, found one value", $"write [{ScalarShape.Short(one.Text)}]");
                return null;
            }

            return Wrong(this, node, path, report);
        }

        if (Example is { } example && list.Items.Length > 0 && list.Items.All(static i => i is Node.Scalar))
        {
            report.Add(node, path, $"expected {Expected}, found a list of values", $"write it like {example}");
            return null;
        }

        if (list.Items.Length < Min) report.Add(node, path, $"has {list.Items.Length} {Noun}, at least {Min} must be there");
        if (list.Items.Length > Max)
        {
            report.Add(node, path, $"{list.Items.Length} {Noun}, at most {Max} are allowed");
            return null;
        }

        var items = ImmutableArray.CreateBuilder<Value>(list.Items.Length);
        for (var i = 0; i < list.Items.Length; i++)
            if (Item.Read(list.Items[i], $"{path}[{i}]", report) is { } item) items.Add(item);
        return new Value.Items(node, path, items.ToImmutable());
    }

    public override JsonObject ToJson()
    {
        var json = new JsonObject { ["type"] = "array", ["items"] = Item.ToJson(), ["maxItems"] = Max };
        if (Min > 0) json["minItems"] = Min;
        return json;
    }
}
