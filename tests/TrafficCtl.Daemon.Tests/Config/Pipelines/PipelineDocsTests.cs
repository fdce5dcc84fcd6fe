using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Config.Pipelines;

/// <summary>docs/pipelines.md has its tables from the rows, and its files are good: UPDATE_DOCS=1 writes the tables anew.</summary>
public sealed class PipelineDocsTests
{
    private const string End = "<!-- end -->";

    private static readonly Regex Block = new("```yaml\\n(?<yaml>.*?)```", RegexOptions.CultureInvariant | RegexOptions.Singleline);

    private static readonly string Path = System.IO.Path.Combine(Repository.Root, "docs", "pipelines.md");

    [Fact]
    public void The_page_of_pipelines_lists_every_key()
    {
        var page = File.ReadAllText(Path);
        var process = (SectionShape)RuntimeSchema.Root.Keys.Single(static k => k.Name == "process").Shape;
        var own = EnvironmentSchema.Root.Keys.Where(static k => EnvironmentSchema.Shared.All(s => s.Name != k.Name));
        var made = Filled(Filled(Filled(
            page, "service", PipelineSchema.Root.Keys.Where(static k => EnvironmentSchema.Shared.All(s => s.Name != k.Name))),
            "environment", own), "process", process.Keys);
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1") File.WriteAllText(Path, made);
        else Assert.Equal(made, page);
    }

    [Fact]
    public void Every_file_of_the_page_is_good_and_the_smallest_is_that_of_the_tests()
    {
        ImmutableArray<string> files =
        [
            .. Block.Matches(File.ReadAllText(Path).ReplaceLineEndings("\n")).Select(static m => m.Groups["yaml"].Value)
                .Where(static yaml => yaml.StartsWith("service: ", StringComparison.Ordinal)),
        ];
        Assert.Equal(3, files.Length);
        Assert.All(files, static yaml =>
        {
            var read = DeliveryFiles.ReadText(Encoding.UTF8.GetBytes(yaml), "pipelines.md", "/srv", Goldens.Able);
            Assert.True(read is Parsed<Deliveries>.Ok({ Pipelines: [_] }), read.ToString());
        });
        Assert.Equal(File.ReadAllText(System.IO.Path.Combine(Goldens.Root, "valid", "pipeline-smallest.yaml")), files[0]);
    }

    [Fact]
    public void The_page_shows_what_check_prints_of_the_smallest_file()
    {
        var files = DeliveryFiles.Read([System.IO.Path.Combine(Goldens.Root, "valid", "pipeline-smallest.yaml")], null, Goldens.Able);
        var pipeline = Assert.Single(FileAnswers.Check(files).Pipelines);
        var page = File.ReadAllText(Path);
        foreach (var environment in pipeline.Environments)
        {
            var after = environment.After.Count == 0 ? "takes every new version" : $"after {string.Join(", ", environment.After)}";
            var verify = string.Concat(environment.Verify.Select(static v => $"; {v}"));
            Assert.Contains(
                $"  {environment.Environment,-7}  {environment.Entrances[0]}; {after}; {environment.Plan}{verify}\n", page,
                StringComparison.Ordinal);
        }
    }

    private static string Filled(string page, string name, IEnumerable<Key> keys)
    {
        var mark = $"<!-- {name} -->";
        var begin = page.IndexOf(mark, StringComparison.Ordinal);
        var end = begin < 0 ? -1 : page.IndexOf(End, begin, StringComparison.Ordinal);
        Assert.True(end > begin, $"{Path} has no markers {mark} and {End}");
        return $"{page[..begin]}{mark}\n| key | written | without it | what it says |\n|---|---|---|---|\n"
            + $"{string.Concat(keys.Select(RowOf))}{page[end..]}";
    }

    private static string RowOf(Key key)
    {
        var written = key.Shape.Example is { } example ? $"`{example}`" : key.Shape.Expected;
        return $"| `{key.Name}` | {written} | {key.Default ?? key.Absent ?? (key.IsRequired ? "refused" : "–")} | {key.Doc} |\n";
    }
}
