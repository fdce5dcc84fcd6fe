using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TrafficCtl.Daemon.Telemetry;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Telemetry;

/// <summary>The dashboard says only what is exported, and is one that Grafana imports.</summary>
public sealed partial class DashboardTests
{
    private static readonly JsonNode Dashboard = Load();

    private static readonly Dictionary<string, Metric> Exported = Metrics.All.ToDictionary(m => m.Name);

    private static List<JsonNode> Panels => [.. Dashboard["panels"]!.AsArray().Select(p => p!).Where(p => Text(p["type"]) != "row")];

    private static List<JsonNode> Targets => [.. Panels.SelectMany(p => p["targets"]!.AsArray()).Select(t => t!)];

    private static List<string> Expressions =>
    [
        .. Targets.Select(t => Text(t["expr"])),
        .. Dashboard["annotations"]!["list"]!.AsArray().Select(a => Text(a!["expr"])),
        .. Variables("query").Select(v => Text(v["query"]!["query"])),
    ];

    [Fact]
    public void Every_metric_named_is_exported_with_the_labels_used()
    {
        foreach (var expression in Expressions)
        {
            var used = new HashSet<string>();
            foreach (Match match in Selector().Matches(expression))
            {
                var (name, isHistogramPart) = Base(match.Groups["name"].Value);
                Assert.True(Exported.TryGetValue(name, out var metric), $"{name} is not exported: {expression}");
                Assert.Equal(metric.Type == MetricType.Histogram, isHistogramPart);
                used.UnionWith(metric.Labels);
                if (isHistogramPart) used.Add("le");
                foreach (Match label in Matcher().Matches(match.Groups["labels"].Value))
                    Assert.True(
                        metric.Labels.Contains(label.Groups["name"].Value) || (isHistogramPart && label.Groups["name"].Value == "le"),
                        $"{name} has no label {label.Groups["name"].Value}");
            }

            foreach (Match by in By().Matches(expression))
                foreach (var label in by.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries)) Assert.Contains(label, used);
        }

        foreach (var target in Targets)
        {
            var kept = By()
                .Matches(Text(target["expr"]))
                .SelectMany(b => b.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries))
                .ToHashSet();
            foreach (Match label in Legend().Matches(Text(target["legendFormat"]))) Assert.Contains(label.Groups["name"].Value, kept);
        }
    }

    [Fact]
    public void Every_exported_metric_is_shown()
    {
        var shown = Expressions.SelectMany(e => Selector().Matches(e)).Select(m => Base(m.Groups["name"].Value).Name).ToHashSet();
        Assert.Equal(Exported.Keys.Order(), shown.Order());
    }

    [Fact]
    public void Counters_are_read_as_rates_over_the_interval_that_the_screen_needs()
    {
        foreach (var expression in Targets.Select(t => Text(t["expr"])))
        {
            Assert.DoesNotContain("irate(", expression, StringComparison.Ordinal);
            foreach (Match range in Range().Matches(expression)) Assert.Equal("$__rate_interval", range.Groups["range"].Value);
        }

        string[] totalsOnPurpose = ["trafficctl_samples_total", "trafficctl_breaker_trips_total", "trafficctl_breaker_alarms_total"];
        foreach (var expression in Targets.Select(t => Text(t["expr"])))
        {
            foreach (Match match in Selector().Matches(expression))
            {
                var name = match.Groups["name"].Value;
                if (!name.EndsWith("_total", StringComparison.Ordinal) || totalsOnPurpose.Contains(name)) continue;
                Assert.Matches($@"(rate|increase)\({name}(\{{[^}}]*\}})?\[\$__rate_interval\]\)", expression);
            }
        }
    }

    [Fact]
    public void Every_selector_names_the_chosen_target_unless_the_metric_is_the_process_own()
    {
        foreach (var expression in Targets.Select(t => Text(t["expr"])))
            foreach (Match match in Selector().Matches(expression))
                if (Exported[Base(match.Groups["name"].Value).Name].Labels.Contains("service"))
                    Assert.Contains(
                        "service=\"$service\",environment=\"$environment\",target=\"$target\"", match.Groups["labels"].Value,
                        StringComparison.Ordinal);
    }

    [Fact]
    public void Every_panel_has_a_title_a_description_a_unit_and_the_chosen_source()
    {
        foreach (var panel in Panels)
        {
            Assert.False(string.IsNullOrWhiteSpace(Text(panel["title"])));
            Assert.True(Text(panel["description"]).Length > 10, $"{panel["title"]} has no description");
            Assert.NotEmpty(Text(panel["fieldConfig"]!["defaults"]!["unit"]));
            Assert.NotEmpty(panel["targets"]!.AsArray());
            Assert.Equal(panel["targets"]!.AsArray().Count, panel["targets"]!.AsArray().Select(t => Text(t!["refId"])).Distinct().Count());
        }

        foreach (var node in Panels.Concat(Targets)
            .Concat(Variables("query"))
            .Concat(Dashboard["annotations"]!["list"]!.AsArray().Select(a => a!)))
            Assert.Equal(("prometheus", "${datasource}"), (Text(node["datasource"]!["type"]), Text(node["datasource"]!["uid"])));
    }

    [Fact]
    public void Panels_have_ids_of_their_own_and_do_not_overlap()
    {
        var all = Dashboard["panels"]!.AsArray().Select(p => p!).ToList();
        Assert.Equal(all.Count, all.Select(p => (int)p["id"]!).Distinct().Count());
        Assert.Equal(Panels.Count, Panels.Select(p => Text(p["title"])).Distinct().Count());
        var cells = new HashSet<(int, int)>();
        foreach (var panel in all)
        {
            var grid = panel["gridPos"]!;
            int x = (int)grid["x"]!, y = (int)grid["y"]!, w = (int)grid["w"]!, h = (int)grid["h"]!;
            Assert.True(x >= 0 && w > 0 && h > 0 && x + w <= 24, $"{panel["title"]} is off the grid");
            for (var i = x; i < x + w; i++)
                for (var j = y; j < y + h; j++) Assert.True(cells.Add((i, j)), $"{panel["title"]} overlaps another panel");
        }
    }

    [Fact]
    public void Has_the_six_rows_and_imports_anywhere()
    {
        Assert.Equal(
            ["Now", "Weights", "Golden signals", "Evidence", "Decisions", "Trust"],
            Dashboard["panels"]!.AsArray().Where(p => Text(p!["type"]) == "row").Select(p => Text(p!["title"])));
        Assert.Null(Dashboard["id"]);
        Assert.Equal("trafficctl-rollout", Text(Dashboard["uid"]));
        Assert.InRange((int)Dashboard["schemaVersion"]!, 39, 42);
        Assert.DoesNotContain("${DS_", Dashboard.ToJsonString(), StringComparison.Ordinal);
        var source = Assert.Single(Variables("datasource"));
        Assert.Equal(("datasource", "Data source", "prometheus"), (Text(source["name"]), Text(source["label"]), Text(source["query"])));
        Assert.All(Variables("query"), v => Assert.Equal(2, (int)v["refresh"]!));
    }

    [Fact]
    public void Brackets_of_every_expression_close()
    {
        foreach (var expression in Expressions)
        {
            var open = new Stack<char>();
            foreach (var c in Quoted().Replace(expression, ""))
            {
                if (c is '(' or '[' or '{') open.Push(c);
                if (c is ')' or ']' or '}') Assert.Contains(open.Pop().ToString() + c, (string[])["()", "[]", "{}"]);
            }

            Assert.Empty(open);
        }
    }

    private static IEnumerable<JsonNode> Variables(string type) =>
        Dashboard["templating"]!["list"]!.AsArray().Select(v => v!).Where(v => Text(v["type"]) == type);

    private static (string Name, bool IsHistogramPart) Base(string name)
    {
        var bare = HistogramPart().Replace(name, "");
        return bare != name && Exported.ContainsKey(bare) ? (bare, true) : (name, false);
    }

    private static string Text(JsonNode? node) => (string)node!;

    private static JsonNode Load()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "TrafficCtl.sln")))
                return JsonNode.Parse(File.ReadAllText(Path.Combine(at.FullName, "dashboards", "rollout.json")))!;
        throw new InvalidOperationException("the repository's root is not above the tests");
    }

    [GeneratedRegex(@"(?<name>trafficctl_[a-z0-9_]+)(\{(?<labels>[^}]*)\})?", RegexOptions.ExplicitCapture)]
    private static partial Regex Selector();

    [GeneratedRegex(@"(?<name>[a-z_]+)\s*(=~|!~|!=|=)\s*""", RegexOptions.ExplicitCapture)]
    private static partial Regex Matcher();

    [GeneratedRegex(@"\bby \((?<labels>[^)]*)\)", RegexOptions.ExplicitCapture)]
    private static partial Regex By();

    [GeneratedRegex(@"\{\{(?<name>[a-z_]+)\}\}")]
    private static partial Regex Legend();

    [GeneratedRegex(@"\[(?<range>[^\]]*)\]")]
    private static partial Regex Range();

    [GeneratedRegex(@"""[^""]*""")]
    private static partial Regex Quoted();

    [GeneratedRegex("_(bucket|sum|count)$", RegexOptions.ExplicitCapture)]
    private static partial Regex HistogramPart();
}
