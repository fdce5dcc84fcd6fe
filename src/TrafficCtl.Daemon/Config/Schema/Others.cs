using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TrafficCtl.Daemon.Config.Reporting;

namespace TrafficCtl.Daemon.Config.Schema;

/// <summary>Sections of one shape that stand in another section under names that the author chooses.</summary>
/// <param name="Noun">What they are, for a message.</param>
/// <param name="Name">The grammar of their names.</param>
/// <param name="Item">What each of them holds.</param>
/// <param name="Marks">Keys of which each has at least one: without them an unknown key is a misspelt one.</param>
/// <param name="Hint">How one is written.</param>
internal sealed record Others(string Noun, Regex Name, SectionShape Item, int Max, ImmutableArray<string> Marks, string Hint)
{
    public bool IsMeant(Node value) => value is Node.Map map && map.Entries.Any(e => Marks.Contains(e.Key.Text));

    public Value? Read(Node.Scalar name, Node value, string path, Report report)
    {
        if (!Scalars.Is(Name, name.Text))
            report.Add(name, path, $"\"{ScalarShape.Short(name.Text)}\" is not a name", $"use {Names.Words(Name)}");
        return Item.Read(value, path, report);
    }

    public JsonObject ToJson() => Item.ToJson();
}
