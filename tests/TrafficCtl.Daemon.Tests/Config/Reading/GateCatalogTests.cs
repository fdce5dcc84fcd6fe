using System.Collections.Immutable;
using System.Text;
using TrafficCtl.Control.Rounds.Observing;
using TrafficCtl.Control.Targets;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.Daemon.Config.Yaml;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Config.Reading;

/// <summary>A gate is one file and one row. docs/gates.md has its table from the rows: UPDATE_DOCS=1 writes it anew.</summary>
public sealed class GateCatalogTests
{
    private const string Begin = "<!-- gates -->", End = "<!-- end -->";

    private static readonly ImmutableArray<GateRow> WithNew =
    [
        .. GateCatalog.All,
        GateRow.OfOne<long>(
            new Key("from-hour", Scalars.Count(0, 23) with { Example = "9" }, "The hour of the day (UTC) before which no step begins."),
            static hour => new FromHourGate(hour)),
    ];

    [Fact]
    public void A_new_gate_is_one_file_and_one_row_to_the_reader_the_schema_and_the_hints()
    {
        var (gates, problems) = Read("[{ from-hour: 9 }, { quiet: [alerts] }, { from-hour: 9 }]");
        Assert.Empty(problems);
        Assert.Equal([new FromHourGate(9), QuietGate.Alerts], gates);

        var schema = GateCatalog.Shape(WithNew).ToJson();
        Assert.Equal(23, (long)schema["properties"]!["from-hour"]!["maximum"]!);
        Assert.Equal(WithNew.Length, schema["oneOf"]!.AsArray().Count);

        var slip = Assert.Single(Read("[{ from-hours: 9 }]").Problems, p => p.Path == "needs[0].from-hours");
        Assert.Equal("did you mean \"from-hour\"?", slip.Hint);
        var late = Assert.Single(Read("[{ from-hour: 24 }]").Problems);
        Assert.Contains("a whole number from 0 to 23", late.Message, StringComparison.Ordinal);
        var both = Assert.Single(Read("[{ from-hour: 9, quiet: [alerts] }]").Problems);
        Assert.Equal($"only one of {string.Join(", ", WithNew.Select(static r => r.Key.Name))} is allowed", both.Message);
        Assert.StartsWith("| `from-hour` | live | `{ from-hour: 9 }` |", RowOf(WithNew[^1]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(8, "closed", "it opens at 9 h UTC")]
    [InlineData(9, "open", "it is past 9 h UTC")]
    public async Task A_new_gate_that_answers_from_facts_needs_no_source(int hour, string word, string why)
    {
        var spec = new ServiceSpec
        {
            Service = "shop",
            Target = EmbeddedSpecs.FreePort,
            Versions = [],
            Stable = "v1",
            Needs = [new FromHourGate(9)],
        };
        var now = new DateTimeOffset(2026, 11, 30, hour, 0, 0, TimeSpan.Zero);
        var view = Assert.Single(await new GateReader(new TargetDrivers([])).AskAsync(spec, new GateFacts(now), default));
        Assert.Equal((word, why, word == "open"), (view.Answer.Word, view.Answer.Why, view.IsOpen));
    }

    [Fact]
    public void Every_gate_that_a_file_may_name_has_a_row_and_every_row_an_example()
    {
        var family = typeof(Gate).Assembly.GetTypes()
            .Where(static t => t.IsSubclassOf(typeof(Gate)) && !t.IsAbstract && t != typeof(PromotionGate));
        Assert.Equal(
            family.OrderBy(static t => t.Name),
            GateCatalog.All.SelectMany(static r => ExampleOf(r).AsEnumerable()).Select(static g => g.GetType()).Distinct()
                .OrderBy(static t => t.Name));
        Assert.Equal(GateCatalog.All.Length, GateCatalog.All.DistinctBy(static r => r.Key.Name).Count());
    }

    [Fact]
    public void The_page_of_gates_lists_every_row()
    {
        var path = Path.Combine(Repository.Root, "docs", "gates.md");
        var page = File.ReadAllText(path);
        var (begin, end) = (page.IndexOf(Begin, StringComparison.Ordinal), page.IndexOf(End, StringComparison.Ordinal));
        Assert.True(begin > 0 && end > begin, $"{path} has no markers {Begin} and {End}");
        var made = $"{page[..begin]}{Begin}\n| gate | kind | written | what it says | what a target needs for it |\n|---|---|---|---|---|\n"
            + $"{string.Concat(GateCatalog.All.Select(RowOf))}{page[end..]}";
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1") File.WriteAllText(path, made);
        else Assert.Equal(made, page);
    }

    [Fact]
    public void What_the_page_for_contributors_shows_of_a_new_gate_is_what_these_tests_compile()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "contributing.md"));
        var here = Path.Combine(Repository.Root, "tests", "TrafficCtl.Daemon.Tests", "Config", "Reading");
        var file = File.ReadAllText(Path.Combine(here, "FromHourGate.cs"));
        Assert.Contains(file[file.IndexOf("internal sealed record", StringComparison.Ordinal)..].TrimEnd(), page, StringComparison.Ordinal);
        var rows = File.ReadAllText(Path.Combine(here, "GateCatalogTests.cs"));
        var begin = rows.IndexOf("        GateRow.OfOne<long>(", StringComparison.Ordinal);
        var row = rows[begin..rows.IndexOf("    ];", begin, StringComparison.Ordinal)].TrimEnd();
        Assert.Contains(row, page, StringComparison.Ordinal);
        Assert.True(row.Split('\n').Length <= 5, "a new gate changes at most five lines outside its own file");
    }

    private static (ImmutableArray<Gate> Gates, ImmutableArray<Problem> Problems) Read(string needs)
    {
        var report = new Report("x.yaml");
        var list = new ListShape("needs", GateCatalog.Shape(WithNew), 1, 16);
        var shape = new SectionShape("a service", [new Key("needs", list, "")], [], []);
        var document = Assert.Single(YamlFile.Documents(Encoding.UTF8.GetBytes($"needs: {needs}\n"), "", report));
        var gates = shape.Read(document, "", report) is Value.Section root ? GateCatalog.Read(WithNew, root, Goldens.Able, report) : [];
        return (gates, [.. report.All]);
    }

    private static ImmutableArray<Gate> ExampleOf(GateRow row)
    {
        var report = new Report("example.yaml");
        var node = Assert.Single(YamlFile.Documents(Encoding.UTF8.GetBytes(row.Example), "", report));
        var value = row.Key.Shape.Read(node, row.Key.Name, report);
        Assert.True(report.IsClean && value is not null, $"{row.Key.Name}: {string.Join("; ", report.All)}");
        return row.Read(value);
    }

    private static string RowOf(GateRow row)
    {
        var gates = ExampleOf(row);
        var remedies = gates.Select(static g => g.Ability).OfType<Ability>().Distinct()
            .SelectMany(static a => (Lack?[])[Abilities.Embedded().LackOf(a), Abilities.Cluster(hasAlertmanager: false).LackOf(a)])
            .OfType<Lack>().Select(static l => l.Remedy);
        var needs = string.Join("; ", remedies);
        var kind = gates[0].Kind.ToString().ToLowerInvariant();
        return $"| `{row.Key.Name}` | {kind} | `{{ {row.Key.Name}: {row.Example} }}` | {row.Key.Doc} "
            + $"| {(needs.Length == 0 ? "nothing" : needs)} |\n";
    }
}
