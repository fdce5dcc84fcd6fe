using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Daemon.Config.Reporting;

namespace TrafficCtl.Daemon.Config.Schema;

/// <summary>Values of one shape in an order that matters.</summary>
internal sealed record ListShape(string Noun, Shape Item, int Min, int Max) : Shape
{
    public override string Expected => $"a list of {Noun}";

    /// <summary>The list that was meant by values of its item; null where they say nothing. As it stands where this is not set.</summary>
    public Func<ImmutableArray<string>, ImmutableArray<string>?> Complete { get; init; } = static given => given;

    public override string? Example { get; init; } = Item.Example is { } item ? $"[{item}]" : null;

    public override Value? Read(Node node, string path, Report report)
    {
        if (node is not Node.List list)
        {
            if (node is not Node.Scalar { IsNull: false } one || Of([one.Text]) is not { } meant) return Wrong(this, node, path, report);
            report.Add(node, path, $"expected {Expected}, found one value", Hints.Write(path, meant));
            return null;
        }

        if (Item is SectionShape section && list.Items.Length > 0 && list.Items.All(static i => i is Node.Scalar))
        {
            var meant = section.Of([.. list.Items.OfType<Node.Scalar>().Select(static i => i.Text)]);
            report.Add(node, path, $"expected {Expected}, found a list of values", meant is null
                ? Hints.WriteLike(path, Example!)
                : Hints.Write(path, $"[{meant}]"));
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

    /// <summary>The list of such values as YAML; null when they are none of its items.</summary>
    public string? Of(ImmutableArray<string> values) =>
        Item is ScalarShape one
            && values.All(v => v.Length <= ScalarShape.MaxLength && one.Parse(v).Content is not null)
            && Complete(values) is { } whole
            ? $"[{string.Join(", ", whole.Select(Hints.Quoted))}]"
            : null;

    public override JsonObject ToJson()
    {
        var json = new JsonObject { ["type"] = "array", ["items"] = Item.ToJson(), ["maxItems"] = Max };
        if (Min > 0) json["minItems"] = Min;
        return json;
    }
}
