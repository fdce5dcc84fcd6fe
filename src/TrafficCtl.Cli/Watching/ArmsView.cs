using Spectre.Console;
using Spectre.Console.Rendering;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Watching;

/// <summary>The arms side by side.</summary>
internal static class ArmsView
{
    private static readonly Style Dim = new(Color.Grey);

    public static IRenderable Render(ServiceStatus service)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = true };
        Add(table, "", Justify.Left);
        Add(table, "version", Justify.Left);
        foreach (var title in (string[])["live", "req/s", "errors", "p50", "p99", "in flight", "requests", "failures"]) Add(table, title, Justify.Right);
        if (service.Stable is { } stable) table.AddRow(Cells("stable", stable, null));
        if (service.Candidate is { } candidate) table.AddRow(Cells("candidate", candidate, service.Stable));
        return table;
    }

    private static void Add(Table table, string title, Justify justify) =>
        table.AddColumn(new TableColumn(new Text(title, Dim)) { Alignment = justify, NoWrap = true, Padding = new Padding(0, 0, 2, 0) });

    private static IRenderable[] Cells(string name, ArmStatus arm, ArmStatus? against)
    {
        var worse = against is not null && arm.ErrorRatio > against.ErrorRatio + 0.005 ? new Style(Color.Red) : Style.Plain;
        var dead = arm.Live < arm.Endpoints ? new Style(arm.Live == 0 ? Color.Red : Color.Yellow) : Style.Plain;
        return
        [
            new Text(name, Dim),
            new Text(arm.Version, new Style(decoration: Decoration.Bold)),
            new Text($"{arm.Live}/{arm.Endpoints}", dead),
            new Text(Units.Rate(arm.RequestsPerSecond)),
            new Text(Units.Percent(arm.ErrorRatio), worse),
            new Text(Units.Latency(arm.P50Seconds)),
            new Text(Units.Latency(arm.P99Seconds)),
            new Text(Units.Count(arm.InFlight)),
            new Text(Units.Count(arm.Requests)),
            new Text(Units.Count(arm.Failures)),
        ];
    }
}
