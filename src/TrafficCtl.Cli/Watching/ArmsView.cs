using Spectre.Console;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Watching;

/// <summary>The arms side by side: fewer columns where the terminal is narrow.</summary>
internal static class ArmsView
{
    private const int Gap = 2;
    private const int NarrowestVersion = 12;

    private static readonly string[] Titles = ["", "version", "live", "req/s", "errors", "p50", "p99", "in flight", "requests", "failures"];

    /// <summary>Columns in the order in which they are given up.</summary>
    private static readonly int[] LeastFirst = [7, 5, 9, 8, 2];

    private sealed record Cell(string Text, Style Style);

    public static IEnumerable<Paragraph> Lines(ServiceStatus service, int columns)
    {
        var rows = new List<Cell[]> { Titles.Select(static t => new Cell(t, Layout.Dim)).ToArray() };
        if (service.Stable is { } stable) rows.Add(Cells("stable", stable, null));
        if (service.Candidate is { } candidate) rows.Add(Cells("candidate", candidate, service.Stable));
        var shown = Enumerable.Range(0, Titles.Length).ToList();
        foreach (var least in LeastFirst)
            if (Width(rows, shown) - Excess(rows) > columns) shown.Remove(least);

        var version = Math.Min(Widest(rows, 1), Math.Max(NarrowestVersion, Widest(rows, 1) - Math.Max(0, Width(rows, shown) - columns)));
        return rows.Select(row =>
        {
            var line = new Paragraph();
            foreach (var at in shown)
            {
                var width = at == 1 ? version : Widest(rows, at);
                var text = Layout.Cut(row[at].Text, width);
                var space = new string(' ', width - Layout.Cells(text));
                if (at < 2) line.Append(text, row[at].Style).Append(space);
                else line.Append(space).Append(text, row[at].Style);
                if (at != shown[^1]) line.Append(new string(' ', Gap));
            }

            return line;
        });
    }

    private static int Width(List<Cell[]> rows, List<int> shown) => shown.Sum(at => Widest(rows, at) + Gap) - Gap;

    /// <summary>What the version may be shortened by.</summary>
    private static int Excess(List<Cell[]> rows) => Math.Max(0, Widest(rows, 1) - NarrowestVersion);

    private static int Widest(List<Cell[]> rows, int at) => rows.Max(row => Layout.Cells(row[at].Text));

    private static Cell[] Cells(string name, ArmStatus arm, ArmStatus? against)
    {
        var worse = against is not null && arm.ErrorRatio > against.ErrorRatio + 0.005 ? new Style(Color.Red) : Style.Plain;
        var dead = arm.Live < arm.Endpoints ? new Style(arm.Live == 0 ? Color.Red : Color.Yellow) : Style.Plain;
        return
        [
            new(name, Layout.Dim),
            new(arm.Version, Layout.Bold),
            new($"{arm.Live}/{arm.Endpoints}", dead),
            new(PrintedUnits.Rate(arm.RequestsPerSecond), Style.Plain),
            new(PrintedUnits.Percent(arm.ErrorRatio), worse),
            new(PrintedUnits.Latency(arm.P50Seconds), Style.Plain),
            new(PrintedUnits.Latency(arm.P99Seconds), Style.Plain),
            new(PrintedUnits.Count(arm.InFlight), Style.Plain),
            new(PrintedUnits.Count(arm.Requests), Style.Plain),
            new(PrintedUnits.Count(arm.Failures), Style.Plain),
        ];
    }
}
