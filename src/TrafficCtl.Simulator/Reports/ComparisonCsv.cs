using System.Collections.Immutable;
using System.Globalization;
using TrafficCtl.Simulator.Comparing;

namespace TrafficCtl.Simulator.Reports;

/// <summary>One line a cell; shares as fractions, an empty field for what is unknown.</summary>
public static class ComparisonCsv
{
    private static readonly string[] Titles =
    [
        "scenario", "is_null", "requests_per_second", "rule", "runs",
        "rolled_back", "rolled_back_low", "rolled_back_high", "rolled_back_from_100",
        "promoted", "promoted_low", "promoted_high", "held", "held_low", "held_high",
        "minutes_to_rollback", "minutes_to_promote", "reached_95", "minutes_to_95", "bad_responses", "bad_responses_error",
    ];

    public static void Write(ImmutableArray<Cell> cells, TextWriter to)
    {
        to.Write(string.Join(',', Titles) + "\n");
        foreach (var cell in cells) to.Write(string.Join(',', Fields(cell)) + "\n");
    }

    private static IEnumerable<string> Fields(Cell cell) =>
    [
        cell.Scenario.Name, cell.Scenario.IsNull ? "true" : "false", Number(cell.RequestsPerSecond), cell.Rule, Number(cell.Runs),
        Number(cell.RolledBack.Value), Number(cell.RolledBack.Low), Number(cell.RolledBack.High), Number(cell.RolledBackFromAll.Value),
        Number(cell.Promoted.Value), Number(cell.Promoted.Low), Number(cell.Promoted.High),
        Number(cell.Held.Value), Number(cell.Held.Low), Number(cell.Held.High),
        Number(cell.MinutesToRollback), Number(cell.MinutesToPromote), Number(cell.Reached.Value), Number(cell.MinutesToMost),
        Number(cell.BadResponses), Number(cell.BadResponsesError),
    ];

    private static string Number(double? value) =>
        value is { } number && double.IsFinite(number) ? number.ToString("G6", CultureInfo.InvariantCulture) : "";
}
