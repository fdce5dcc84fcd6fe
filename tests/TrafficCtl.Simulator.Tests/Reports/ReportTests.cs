using System.Collections.Immutable;
using System.Text.Json;
using System.Xml.Linq;
using TrafficCtl.Simulator.Comparing;
using TrafficCtl.Simulator.Reports;
using TrafficCtl.Simulator.Rules;
using TrafficCtl.Simulator.Services;
using Xunit;

namespace TrafficCtl.Simulator.Tests.Reports;

public class ReportTests
{
    private static readonly ComparisonPlan Plan = new(
        [ScenarioCatalog.Find("null")!, ScenarioCatalog.Find("err.1-1")!], [50], [RuleCatalog.Find("ours")!, RuleCatalog.Find("flagger")!],
        2, 9);

    private static readonly ImmutableArray<Cell> Cells =
    [
        Cell.Of(Plan.Scenarios[0], 50, "ours", [new(RunEnd.Promoted, 3900, null, 0), new(RunEnd.Running, null, null, 0)]),
        Cell.Of(Plan.Scenarios[0], 50, "flagger", [new(RunEnd.Promoted, 300, null, 0), new(RunEnd.RolledBack, null, 360, 0)]),
        Cell.Of(Plan.Scenarios[1], 50, "ours", [new(RunEnd.RolledBack, null, 60, 4), new(RunEnd.RolledBack, null, 90, 6)]),
        Cell.Of(Plan.Scenarios[1], 50, "flagger", [new(RunEnd.Promoted, 300, null, 3000), new(RunEnd.Promoted, 300, null, 3000)]),
    ];

    [Fact]
    public void The_csv_has_a_line_a_cell_and_an_empty_field_for_what_is_unknown()
    {
        using var to = new StringWriter();
        ComparisonCsv.Write(Cells, to);
        var lines = to.ToString().TrimEnd('\n').Split('\n');
        Assert.Equal(5, lines.Length);
        Assert.All(lines, l => Assert.Equal(lines[0].Count(c => c == ','), l.Count(c => c == ',')));
        Assert.Equal("null,true,50,ours,2,0,0,0.65762,0,0.5,0.0945312,0.905469,0.5,0.0945312,0.905469,,65,0,,0,0", lines[1]);
        Assert.Equal("err.1-1,false,50,ours,2,1,0.34238,1,0,0,0,0.65762,0,0,0.65762,1.25,,0,,5,1", lines[3]);
    }

    [Fact]
    public void The_json_says_the_plan_and_every_cell()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream)) ComparisonJson.Write(Plan, Cells, json);
        var root = JsonDocument.Parse(stream.ToArray()).RootElement;
        Assert.Equal(
            (9, 2, 120),
            (root.GetProperty("seed").GetInt32(), root.GetProperty("runs").GetInt32(), root.GetProperty("horizonMinutes").GetInt32()));
        var cells = root.GetProperty("cells").EnumerateArray().ToArray();
        Assert.Equal(4, cells.Length);
        Assert.Equal("flagger", cells[1].GetProperty("rule").GetString());
        Assert.Equal(1, cells[1].GetProperty("rolledBack").GetProperty("count").GetInt32());
        Assert.Equal(JsonValueKind.Null, cells[0].GetProperty("minutesToRollback").ValueKind);
        Assert.Equal(1.25, cells[2].GetProperty("minutesToRollback").GetDouble());
    }

    [Fact]
    public void The_plots_are_whole_documents_with_a_mark_for_each_cell_inside_the_paper()
    {
        var plots = ComparisonPlots.Of(Plan, Cells);
        Assert.Equal(["false-rollback.svg", "missed.svg", "bad-responses.svg", "time-to-detect.svg"], plots.Select(p => p.File));
        foreach (var (file, svg) in plots)
        {
            var root = XDocument.Parse(svg).Root!;
            Assert.Contains("prefers-color-scheme: dark", svg);
            var (width, height) = (double.Parse(root.Attribute("width")!.Value), double.Parse(root.Attribute("height")!.Value));
            Assert.All(root.Descendants().Where(e => e.Attribute("y") is not null), e =>
                Assert.InRange((double)e.Attribute("y")!, 0, height));
            Assert.All(root.Descendants().Where(e => e.Name.LocalName == "circle"), e =>
                Assert.InRange((double)e.Attribute("cx")!, 0, width));
            var marks = root.Descendants().Count(e => e.Name.LocalName is "circle" or "rect"
                && e.Attribute("class")!.Value.StartsWith('s'));
            // Two rules in the legend and a mark for each of their cells that has a value.
            Assert.Equal(file == "time-to-detect.svg" ? 3 : 4, marks);
        }
    }

    [Fact]
    public void A_plot_without_anything_to_show_is_left_out()
    {
        Assert.Equal(["false-rollback.svg"], ComparisonPlots.Of(Plan, [.. Cells.Take(2)]).Select(p => p.File));
        Assert.Equal(["missed.svg", "bad-responses.svg"], ComparisonPlots.Of(Plan, [Cells[3]]).Select(p => p.File));
        Assert.Empty(ComparisonPlots.Of(Plan, []));
    }

    [Fact]
    public void An_axis_of_decades_holds_its_values_and_draws_zero_at_its_end()
    {
        var axis = Axis.Decades([0, 12, 34_000], 1);
        Assert.Equal(["1", "10", "100", "1 k", "10 k", "100 k"], axis.Ticks.Select(t => t.Word));
        Assert.Equal(0, axis.At(0));
        Assert.Equal(0.2, axis.At(10), 12);
        Assert.Equal(1, axis.At(1e9));
        Assert.Equal(["1", "10"], Axis.Decades([], 1).Ticks.Select(t => t.Word));
    }

    [Fact]
    public void An_axis_of_shares_is_drawn_out_near_zero()
    {
        var axis = Axis.Percent();
        Assert.Equal((0, 1), (axis.At(0), axis.At(1)));
        Assert.InRange(axis.At(0.01), 0.15, 0.3);
    }
}
