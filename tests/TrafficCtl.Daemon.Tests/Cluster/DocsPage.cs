using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.TestKit;

namespace TrafficCtl.Daemon.Tests.Cluster;

/// <summary>The YAML of a page below docs/, as a reader copies it.</summary>
/// <param name="Blocks">Each block's documents.</param>
internal sealed record DocsPage(string Name, ImmutableArray<DocsBlock> Blocks)
{
    /// <summary>Stands before a block that is applied over the ones without it: another way to do the same.</summary>
    private const string Instead = "<!-- instead -->";

    private const string Fence = "```yaml";

    /// <summary>What a reader has applied in the end: once for the page, and once for each other way that it tells.</summary>
    public IEnumerable<ImmutableArray<JsonObject>> Ways()
    {
        ImmutableArray<JsonObject> main = [.. Blocks.Where(b => !b.IsInstead).SelectMany(b => b.Objects)];
        return [main, .. Blocks.Where(b => b.IsInstead).Select(b => Over(main, b.Objects))];
    }

    /// <summary>The objects, each with the other of its name instead where there is one.</summary>
    public static ImmutableArray<JsonObject> Over(ImmutableArray<JsonObject> main, ImmutableArray<JsonObject> others) =>
        [.. main.Where(m => !others.Any(o => Key(o) == Key(m))), .. others];

    private static string Key(JsonObject of) => $"{of["kind"]} {of["metadata"]?["namespace"]}/{of["metadata"]?["name"]}";

    public static DocsPage Read(string name)
    {
        var lines = File.ReadAllLines(Path.Combine(Repository.Root, "docs", name));
        var blocks = ImmutableArray.CreateBuilder<DocsBlock>();
        var before = "";
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Trim() == Fence)
            {
                var indent = lines[i].IndexOf('`', StringComparison.Ordinal);
                var text = string.Join(
                    '\n', lines.Skip(i + 1).TakeWhile(l => l.Trim() != "```").Select(l => l.Length > indent ? l[indent..] : ""));
                blocks.Add(new DocsBlock($"docs/{name}:{i + 1}", text, before == Instead));
            }

            if (lines[i].Length > 0) before = lines[i].Trim();
        }

        return new DocsPage(name, blocks.ToImmutable());
    }
}

/// <param name="At">Where it stands.</param>
internal sealed record DocsBlock(string At, string Text, bool IsInstead)
{
    /// <summary>What can be applied as it is; what is a part of an object is none.</summary>
    public ImmutableArray<JsonObject> Objects => [.. YamlJson.All(Text).OfType<JsonObject>().Where(o => o["apiVersion"] is not null)];

    /// <summary>The same, and annotations that stand alone, in a Service as they would stand there.</summary>
    public ImmutableArray<JsonObject> ObjectsWith(JsonObject service)
    {
        if (YamlJson.All(Text).FirstOrDefault() is not JsonObject lone
            || !lone.Any(p => p.Key.StartsWith("trafficctl.io/", StringComparison.Ordinal)))
            return Objects;
        var whole = service.DeepClone().AsObject();
        foreach (var (key, value) in lone) whole["metadata"]!["annotations"]![key] = value?.DeepClone();
        return [whole];
    }
}
