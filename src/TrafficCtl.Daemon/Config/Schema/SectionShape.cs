using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Yaml;

namespace TrafficCtl.Daemon.Config.Schema;

/// <summary>One key of a section. The parser, the JSON Schema and <c>explain</c> all read this.</summary>
/// <param name="Default">What holds when nobody writes the key, in the file's own words.</param>
/// <param name="Absent">What its absence means when there is no value for it; shown by <c>explain</c>.</param>
/// <param name="Inherits">What is left out is taken from elsewhere in the file, so it has no default of its own.</param>
internal sealed record Key(
    string Name, Shape Shape, string Doc, string? Default = null, string? Absent = null, bool IsRequired = false, bool Inherits = false)
{
    /// <summary>What to write for a value of another shape that tells what was meant; null where nobody can tell.</summary>
    public Func<Node, string?> Instead { get; init; } = static _ => null;

    /// <summary>What to write where the required key is missing, from the section around it; else the shape's example.</summary>
    public Func<Node.Map, string?> Missing { get; init; } = static _ => null;
}

/// <summary>Keys of fixed names.</summary>
/// <param name="Noun">What the section is, for a message.</param>
/// <param name="Keys">All that this version knows.</param>
/// <param name="NotYet">Keys of the design that this version does not have.</param>
/// <param name="ExactlyOne">Keys of which one and only one is written; empty for no such rule.</param>
internal sealed record SectionShape(
    string Noun, ImmutableArray<Key> Keys, ImmutableArray<string> NotYet, ImmutableArray<string> ExactlyOne) : Shape
{
    /// <summary>What stands under names that the author chooses, beside the known keys; null when only those are allowed.</summary>
    public Others? Others { get; init; }

    /// <summary>
    /// Words that stand beside the keys without being any, such as wishes beside a declaration: suggested where one of them was meant.
    /// </summary>
    public ImmutableArray<string> Beside { get; init; } = [];

    /// <summary>Keys that belong to another form of the section, and what to do instead.</summary>
    public ImmutableDictionary<string, string> Elsewhere { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Keys of other tools that belong to no place of this file, and what says the same here.</summary>
    public ImmutableDictionary<string, string> Foreign { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>What several keys of another tool say together, and which they are; null where there are none.</summary>
    public Func<Node.Map, (string Hint, ImmutableArray<string> Keys)?> Together { get; init; } = static _ => null;

    /// <summary>The key that one value in the place of the section is for.</summary>
    public string? Main { get; init; }

    /// <summary>Sections of the same file, to find where a key belongs that is unknown here.</summary>
    public Func<SectionShape?> File { get; init; } = static () => null;

    /// <summary>A word that may stand in its place, such as <c>off</c>; it reads as a leaf of that word.</summary>
    public string? OrWord { get; init; }

    /// <summary>One value may stand in its place: that of <see cref="Main"/>.</summary>
    public bool IsShort { get; init; }

    public override string Expected => $"{Noun} (a map{(OrWord is null ? "" : $", or {OrWord}")}{(IsShort ? $", or its {Main}" : "")})";

    public override Value? Read(Node node, string path, Report report)
    {
        if (node is not Node.Map map)
        {
            if (node is Node.Scalar word && word.Text == OrWord) return new Value.Leaf(node, path, word.Text);
            if (IsShort && node is Node.Scalar { IsNull: false }) return Read(Whole(node), path, report);
            if (node is not Node.Scalar { IsNull: false } one || Of([one.Text]) is not { } meant) return Wrong(this, node, path, report);
            report.Add(node, path, $"expected {Expected}, found one value", Hints.Write(path, meant));
            return null;
        }

        var together = Together(map);
        var fields = ImmutableDictionary.CreateBuilder<string, Value>(StringComparer.Ordinal);
        foreach (var (name, value) in map.Entries)
        {
            var at = YamlTree.Join(path, name.Text);
            if (together is { } told && told.Keys.Contains(name.Text))
            {
                if (name.Text == map.Entries.First(e => told.Keys.Contains(e.Key.Text)).Key.Text)
                    report.Add(name, at, "unknown key", told.Hint);
            }
            else if (Keys.FirstOrDefault(k => k.Name == name.Text) is { } key)
            {
                if (key.Instead(value) is { } instead) report.Add(value, at, MessageOf(key, value), instead);
                else if (key.Shape.Read(value, at, report) is { } read) fields.Add(key.Name, read);
            }
            else if (Others is { } others
                && !NotYet.Contains(name.Text)
                && !Elsewhere.ContainsKey(name.Text)
                && !Foreign.ContainsKey(name.Text)
                && others.IsMeant(value))
            {
                if (others.Read(name, value, at, report) is { } read) fields.Add(name.Text, read);
            }
            else
            {
                ReportUnknown(name, at, path, report);
            }
        }

        if (Others is not null && fields.Keys.Count(IsOther) > Others.Max)
            report.Add(node, path, $"more than {Others.Max} {Others.Noun}");

        foreach (var key in Keys)
            if (key.IsRequired && map.Entries.All(e => e.Key.Text != key.Name))
                report.Add(node, YamlTree.Join(path, key.Name), "is missing", HintOfMissing(key, map));
        CheckExactlyOne(map, path, report);
        return new Value.Section(node, path, fields.ToImmutable());
    }

    /// <summary>The key stands under a name that the author chose.</summary>
    public bool IsOther(string name) => Others is not null && Keys.All(k => k.Name != name);

    /// <summary>The section of such values as YAML, by its main key; null when they are none of its.</summary>
    public string? Of(ImmutableArray<string> values) => Keys.FirstOrDefault(k => k.Name == Main)?.Shape switch
    {
        ScalarShape one when values is [var only] && only.Length <= ScalarShape.MaxLength && one.Parse(only).Content is not null =>
            $"{{ {Main}: {Hints.Quoted(only)} }}",
        ListShape list when list.Of(values) is { } items => $"{{ {Main}: {items} }}",
        _ => null,
    };

    /// <summary>The map that one value stands for.</summary>
    private Node.Map Whole(Node value) =>
        new(value.Line, value.Column, [new Entry(new Node.Scalar(value.Line, value.Column, Main!, IsPlain: true), value)]);

    private static string MessageOf(Key key, Node value) =>
        key.Shape is ListShape list && value is Node.List
            ? $"expected {list.Expected}, found some of another tool"
            : $"expected {key.Shape.Expected}, found {value.Kind}";

    private static string HintOfMissing(Key key, Node.Map map) =>
        (key.Missing(map) ?? key.Shape.Example) is { } example ? $"add `{key.Name}: {example}`" : $"add {key.Name}: {key.Shape.Expected}";

    private void ReportUnknown(Node.Scalar name, string at, string path, Report report)
    {
        if (Elsewhere.TryGetValue(name.Text, out var instead)) report.Add(name, at, "does not belong here", instead);
        else if (Foreign.TryGetValue(name.Text, out var here))
            report.Add(name, at, "unknown key", report.FirstToList(here, name) is { } first ? $"as on line {first.Line}" : here);
        else if (NotYet.Contains(name.Text)) report.Add(name, at, "is not available in this version", "leave it out");
        else if (name.Text == "<<") report.Add(name, at, "merge keys are not available", "write the keys out, or alias a whole value");
        else report.Add(name, at, "unknown key", HintOfUnknown(name, path, report));
    }

    private string HintOfUnknown(Node.Scalar name, string path, Report report)
    {
        if (File() is { } file && Places.Of(name.Text, file) is { } place) return $"it belongs elsewhere: write `{place}`";
        if (Suggest.DidYouMean(name.Text, Keys.Select(k => k.Name).Concat(Beside)) is { } meant) return meant;
        // In a long list the first mention is enough.
        if (report.FirstToList(this, name) is { } first) return $"the keys that are known here stand at line {first.Line}";
        return $"known here: {string.Join(", ", Keys.Select(k => k.Name))}{(Others is null ? "" : $"; {Others.Hint}")}";
    }

    private void CheckExactlyOne(Node.Map map, string path, Report report)
    {
        if (ExactlyOne.IsEmpty) return;
        var given = map.Entries.Where(e => ExactlyOne.Contains(e.Key.Text)).ToImmutableArray();
        if (given.Length == 1) return;
        if (given.Length > 1)
            report.Add(given[1].Key, YamlTree.Join(path, given[1].Key.Text), $"only one of {string.Join(", ", ExactlyOne)} is allowed");
        else if (!map.Entries.Any(e => NotYet.Contains(e.Key.Text) || Elsewhere.ContainsKey(e.Key.Text)))
            report.Add(
                map, path, $"needs one of {string.Join(", ", ExactlyOne)}", Example is { } example ? Hints.WriteLike(path, example) : null);
    }

    public override JsonObject ToJson()
    {
        var properties = new JsonObject();
        foreach (var key in Keys)
        {
            var json = key.Shape.ToJson();
            json["description"] = key.Doc;
            if (key.Default is not null && key.Shape is ScalarShape) json["default"] = key.Default;
            properties[key.Name] = json;
        }

        var section = new JsonObject
        {
            ["type"] = "object",
            ["additionalProperties"] = Others is null ? false : Others.ToJson(),
            ["properties"] = properties,
        };
        var required = Keys.Where(k => k.IsRequired).Select(k => (JsonNode)k.Name).ToArray();
        if (required.Length > 0) section["required"] = new JsonArray(required);
        if (!ExactlyOne.IsEmpty)
            section["oneOf"] =
                new JsonArray([.. ExactlyOne.Select(name => (JsonNode)new JsonObject { ["required"] = new JsonArray(name) })]);
        // The word for "off" is a truth value to some readers of YAML.
        if (OrWord is not null || IsShort) section["type"] = new JsonArray("object", "string", "boolean");
        return section;
    }
}
