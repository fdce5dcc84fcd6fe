using System.Collections.Immutable;
using TrafficCtl.Daemon.Config.Reporting;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace TrafficCtl.Daemon.Config.Yaml;

/// <summary>Text to trees, one a document, within bounds that no honest file meets.</summary>
/// <remarks>An alias counts as much as what it stands for, so that nested aliases cannot multiply.</remarks>
internal sealed class YamlTree
{
    public const int MaxDepth = 32;
    public const int MaxNodes = 50_000;
    public const int MaxDocuments = 1_000;

    private readonly Report report;
    private readonly Parser parser;
    private readonly Dictionary<string, (Node? Node, int Size)> anchors = new(StringComparer.Ordinal);

    /// <summary>Aliases that were reported: each is one slip, however often it is used.</summary>
    private readonly HashSet<string> strays = new(StringComparer.Ordinal);
    private int nodes;

    private YamlTree(string text, Report report)
    {
        this.report = report;
        parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
    }

    /// <summary>The documents that hold something. After a syntax error: those before it.</summary>
    public static ImmutableArray<Node> Read(string text, Report report)
    {
        var documents = ImmutableArray.CreateBuilder<Node>();
        var place = Mark.Empty;
        try
        {
            var tree = new YamlTree(text, report);
            try
            {
                tree.ReadDocuments(documents);
            }
            finally
            {
                place = tree.parser.Current?.Start ?? place;
            }
        }
        catch (BoundException at)
        {
            report.Add(Line(at.Place), Column(at.Place), "", at.Message);
        }
        catch (YamlException at)
        {
            var start = at.Start.Line > 0 ? at.Start : place;
            report.Add(Line(start), Column(start), "", $"not valid YAML: {Words(at)}");
        }
        catch (Exception at) when (at is ArgumentException
            or InvalidOperationException
            or FormatException
            or OverflowException
            or IndexOutOfRangeException)
        {
            // The parser has a few ways to choke that are not its own exception; all of them mean the same to the author.
            report.Add(
                Line(place), Column(place), "", "not valid YAML from about here", "look for a bracket or a quote that is not closed");
        }

        return documents.ToImmutable();
    }

    private void ReadDocuments(ImmutableArray<Node>.Builder documents)
    {
        parser.Consume<StreamStart>();
        while (!parser.TryConsume<StreamEnd>(out _))
        {
            var start = parser.Consume<DocumentStart>();
            if (documents.Count == MaxDocuments)
                throw new BoundException(start.Start, $"more than {MaxDocuments} documents");
            anchors.Clear();
            strays.Clear();
            var node = ReadNode("", 0);
            parser.Consume<DocumentEnd>();
            if (node is not (null or Node.Scalar { IsNull: true })) documents.Add(node);
        }
    }

    /// <summary>Null when the node cannot be used; the report says why.</summary>
    private Node? ReadNode(string path, int depth)
    {
        var at = parser.Current ?? Peek();
        if (depth > MaxDepth) throw new BoundException(at.Start, $"nested deeper than {MaxDepth} levels");
        Count(1, at);
        if (parser.TryConsume<AnchorAlias>(out var alias)) return Resolve(alias, path);

        var before = nodes;
        if (at is not NodeEvent head) throw new YamlException(at.Start, at.End, "a value is expected");
        if (!head.Anchor.IsEmpty) anchors[head.Anchor.Value] = (null, 0);
        if (!head.Tag.IsEmpty && !head.Tag.IsNonSpecific)
            report.Add(
                Line(at.Start), Column(at.Start), path,
                $"the tag {head.Tag.Value.Replace("tag:yaml.org,2002:", "!!", StringComparison.Ordinal)} is not used here", "leave it out");
        Node? node = at switch
        {
            Scalar => ReadScalar(),
            SequenceStart => ReadList(path, depth),
            MappingStart => ReadMap(path, depth),
            _ => throw new YamlException(at.Start, at.End, "a value is expected"),
        };
        if (!head.Anchor.IsEmpty) anchors[head.Anchor.Value] = (node, nodes - before + 1);
        return node;
    }

    private ParsingEvent Peek()
    {
        parser.Accept<NodeEvent>(out _);
        return parser.Current ?? throw new YamlException("the document ends too early");
    }

    private Node.Scalar ReadScalar()
    {
        var scalar = parser.Consume<Scalar>();
        return new Node.Scalar(Line(scalar.Start), Column(scalar.Start), scalar.Value, scalar.Style == ScalarStyle.Plain);
    }

    private Node.List ReadList(string path, int depth)
    {
        var start = parser.Consume<SequenceStart>();
        var items = ImmutableArray.CreateBuilder<Node>();
        var index = 0;
        while (!parser.TryConsume<SequenceEnd>(out _))
            if (ReadNode($"{path}[{index++}]", depth + 1) is { } item) items.Add(item);
        return new Node.List(Line(start.Start), Column(start.Start), items.ToImmutable());
    }

    private Node.Map ReadMap(string path, int depth)
    {
        var start = parser.Consume<MappingStart>();
        var entries = ImmutableArray.CreateBuilder<Entry>();
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = ReadNode(path, depth + 1);
            var name = key is Node.Scalar { IsNull: false } scalar ? scalar.Text : null;
            var value = ReadNode(name is null ? path : Join(path, name), depth + 1);
            if (key is null || value is null) continue;
            if (name is null) report.Add(key, path, $"a key must be a word, not {key.Kind}");
            else if (!seen.TryAdd(name, key.Line))
                report.Add(key, Join(path, name), $"given twice, first on line {seen[name]}", "remove one");
            else entries.Add(new Entry((Node.Scalar)key, value));
        }

        // A pair inside a flow list has no bracket of its own, and the parser gives it no place.
        return start.Start.Index == 0 && entries is [var first, ..]
            ? new Node.Map(first.Key.Line, first.Key.Column, entries.ToImmutable())
            : new Node.Map(Line(start.Start), Column(start.Start), entries.ToImmutable());
    }

    private Node? Resolve(AnchorAlias alias, string path)
    {
        if (!anchors.TryGetValue(alias.Value.Value, out var target))
        {
            if (strays.Add(alias.Value.Value))
                report.Add(
                    Line(alias.Start), Column(alias.Start), path, $"the alias *{alias.Value} stands for nothing",
                    $"put &{alias.Value} on a value above");
            return null;
        }

        if (target.Node is null)
        {
            if (strays.Add(alias.Value.Value))
                report.Add(
                    Line(alias.Start), Column(alias.Start), path, $"the alias *{alias.Value} stands for something that holds it",
                    "write the value out");
            return null;
        }

        Count(target.Size, alias);
        return target.Node;
    }

    private void Count(int more, ParsingEvent at)
    {
        nodes += more;
        if (nodes > MaxNodes) throw new BoundException(at.Start, $"more than {MaxNodes} values, aliases counted in full");
    }

    public static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static int Line(Mark mark) => (int)Math.Clamp((long)mark.Line, 1, int.MaxValue);

    private static int Column(Mark mark) => (int)Math.Clamp((long)mark.Column, 1, int.MaxValue);

    /// <summary>The file is beyond what is read; raised and caught here.</summary>
    private sealed class BoundException(Mark place, string message) : Exception(message)
    {
        public Mark Place => place;
    }

    private static string Words(YamlException at) =>
        at.Message.TrimEnd('.') is { Length: > 0 } words ? char.ToLowerInvariant(words[0]) + words[1..] : "a syntax error";
}
