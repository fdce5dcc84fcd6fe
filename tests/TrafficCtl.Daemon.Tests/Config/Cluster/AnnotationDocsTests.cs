using System.Runtime.CompilerServices;
using TrafficCtl.Daemon.Config.Cluster;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Schema;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Config.Cluster;

/// <summary>docs/annotations.md lists every key, because its tables are made here: set UPDATE_DOCS=1 to write them anew.</summary>
public sealed class AnnotationDocsTests
{
    private const string Begin = "<!-- keys -->", Then = "<!-- elsewhere -->", End = "<!-- end -->";

    [Fact]
    public void The_page_lists_every_key_as_the_reader_knows_it()
    {
        var path = Path.GetFullPath(Path.Combine(Here(), "../../../../docs/annotations.md"));
        var page = File.ReadAllText(path);
        var (begin, then, end) = (
            page.IndexOf(Begin, StringComparison.Ordinal), page.IndexOf(Then, StringComparison.Ordinal),
            page.IndexOf(End, StringComparison.Ordinal));
        Assert.True(begin > 0 && then > begin && end > then, $"{path} has no markers {Begin}, {Then}, {End}");
        var between = page[page.LastIndexOf("\n\n", then, StringComparison.Ordinal)..then];
        var made = $"{page[..begin]}{Begin}\n{Keys()}{between}{Then}\n{Elsewhere()}{page[end..]}";
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1") File.WriteAllText(path, made);
        else Assert.Equal(made, page);
    }

    [Fact]
    public void Every_key_of_the_delivery_file_is_an_annotation_or_says_who_answers_it()
    {
        foreach (var key in DeliverySchema.Root.Keys)
            Assert.True(ClusterSchema.Root.Keys.Any(k => k.Name == key.Name) ^ ClusterSchema.Elsewhere.ContainsKey(key.Name), key.Name);
        Assert.All(ClusterSchema.Elsewhere.Keys, name => Assert.Contains(DeliverySchema.Root.Keys, k => k.Name == name));
    }

    private static string Keys()
    {
        var rows = new List<string> { "| annotation | value | without it | what it says |\n|---|---|---|---|\n" };
        Walk(ClusterSchema.Root, "", rows);
        return string.Concat(rows);
    }

    private static void Walk(SectionShape section, string path, List<string> rows)
    {
        foreach (var key in section.Keys)
        {
            if (key.Shape is SectionShape inner) Walk(inner, $"{path}{key.Name}.", rows);
            else
                rows.Add($"| `trafficctl.io/{path}{key.Name}` | "
                    + $"{Cell((key.Shape is ScalarShape or RoutesShape ? "" : "YAML: ") + key.Shape.Expected)} | "
                    + $"{Cell(WhenAbsent(key, path))} | {Cell(key.Doc)} |\n");
        }

        if (section.Others is { } others) Walk(others.Item, $"{path}NAME.", rows);
    }

    private static string WhenAbsent(Key key, string path) => key.IsRequired
        ? path.Length == 0 ? "must be there" : "must be there beside the others of its section"
        : key.Default ?? key.Absent ?? "";

    private static string Elsewhere() => "| key of the delivery file | on a cluster |\n|---|---|\n" + string.Concat(
        DeliverySchema.Root.Keys
            .Where(k => ClusterSchema.Elsewhere.ContainsKey(k.Name))
            .Select(k => $"| `{k.Name}` | {Cell(ClusterSchema.Elsewhere[k.Name])} |\n"));

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
