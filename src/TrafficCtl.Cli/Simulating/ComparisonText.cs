using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Simulator.Comparing;
using TrafficCtl.Simulator.Reports;

namespace TrafficCtl.Cli.Simulating;

/// <summary>The comparison on stdout: two tables for a reader, or one line of JSON.</summary>
internal static class ComparisonText
{
    private const int EnoughRuns = 200;
    private const string Own = "ours";

    public static void Write(ComparisonPlan plan, ImmutableArray<Cell> cells, TextWriter to)
    {
        var (nulls, regressions) = (cells.Where(c => c.Scenario.IsNull).ToArray(), cells.Where(c => !c.Scenario.IsNull).ToArray());
        if (nulls.Length > 0)
        {
            to.WriteLine($"The candidate is as good as stable: {plan.Runs} runs each, seed {plan.Seed}, two hours");
            var table = new Columns(
                "SCENARIO", "REQ/S", "RULE", "FALSE ROLLBACK", "95 % INTERVAL", "FROM 100 %", "HELD", "AT 95 %", "AFTER", "AT 100 %",
                "AFTER");
            foreach (var cell in nulls)
            {
                table.Add(cell.Scenario.Name, Rate(cell), cell.Rule, Percent(cell.RolledBack.Value), Interval(cell.RolledBack),
                    Percent(cell.RolledBackFromAll.Value), Percent(cell.Held.Value),
                    Percent(cell.Reached.Value), Minutes(cell.MinutesToMost), Percent(cell.Promoted.Value), Minutes(cell.MinutesToPromote));
            }

            table.WriteTo(to);
        }

        if (regressions.Length == 0) return;
        if (nulls.Length > 0) to.WriteLine();
        to.WriteLine($"The candidate is worse: {plan.Runs} runs each, seed {plan.Seed}, two hours");
        var found = new Columns(
            "SCENARIO", "REQ/S", "RULE", "MISSED", "95 % INTERVAL", "HELD", "ROLLED BACK", "AFTER", "BAD RESPONSES", "±");
        foreach (var cell in regressions)
        {
            found.Add(cell.Scenario.Name, Rate(cell), cell.Rule, Percent(cell.Promoted.Value), Interval(cell.Promoted),
                Percent(cell.Held.Value), Percent(cell.RolledBack.Value), Minutes(cell.MinutesToRollback), Amount(cell.BadResponses),
                Amount(cell.BadResponsesError));
        }

        found.WriteTo(to);
        to.WriteLine();
        WriteRivalry(Rivalry.Of(Own, cells), to);
        to.WriteLine("Missed: at 100 % after two hours. Bad responses: expected failures, and requests slower than stable's p99, beyond");
        to.WriteLine("what stable would have given; mean of all runs with its standard error. After: median, since deployment.");
    }

    /// <summary>Said beside sentences that so few runs do not bear; null when there are none, or enough runs.</summary>
    public static string? RoughWords(
        ComparisonPlan plan, ImmutableArray<Cell> cells) => plan.Runs >= EnoughRuns || Rivalry.Of(Own, cells).IsEmpty ? null
        : $"rough: with {plan.Runs} runs a cell it is partly chance which rule is the best beside ours and by how much; --runs "
            + $"{EnoughRuns} or more";

    private static void WriteRivalry(ImmutableArray<Rivalry> rivalries, TextWriter to)
    {
        if (rivalries.IsEmpty) return;
        to.WriteLine(
            "Bad responses beside the best rule that goes back falsely no more often in the same scenario without the regression (or in "
                + "1 %)");
        var table = new Columns("SCENARIO", "REQ/S", "OURS", "BEST", "ITS", "OURS / ITS");
        foreach (var one in rivalries)
            table.Add(
                one.Own.Scenario.Name, Rate(one.Own), Amount(one.Own.BadResponses), one.Best?.Rule ?? "none",
                Amount(one.Best?.BadResponses ?? double.NaN), Times(one.Ratio));
        table.WriteTo(to);
        to.WriteLine(
            $"At most half in {rivalries.Count(static r => r.Ratio is <= 0.5)} of {rivalries.Count(static r => r.Best is not null)}; in "
                + $"{rivalries.Count(static r => r.Best is null)} no other rule goes back falsely so seldom");
        to.WriteLine();
    }

    public static void WriteJson(ComparisonPlan plan, ImmutableArray<Cell> cells, TextWriter to)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream)) ComparisonJson.Write(plan, cells, json);
        to.WriteLine(Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length));
    }

    private static string Rate(Cell cell) => PrintedUnits.Rate(cell.RequestsPerSecond);

    private static string Percent(double share) => PrintedUnits.Percent(share);

    private static string Interval(Share share) => $"{PrintedUnits.Percent(share.Low)} to {PrintedUnits.Percent(share.High)}";

    private static string Minutes(double? minutes) => minutes is { } known ? PrintedUnits.Span(TimeSpan.FromMinutes(known)) : "-";

    private static string Times(double? ratio) => ratio is { } known ? PrintedUnits.Factor(known) : "-";

    private static string Amount(double amount) => double.IsFinite(amount) ? PrintedUnits.Count(amount) : "-";
}
