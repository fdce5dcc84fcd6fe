using System.Collections.Immutable;
using System.Globalization;
using TrafficCtl.Simulator.Comparing;

namespace TrafficCtl.Simulator.Reports;

/// <summary>The comparison's pictures, each an SVG of its own; those without anything to show are left out.</summary>
public static class ComparisonPlots
{
    private const double Alpha = 0.01;

    /// <returns>File names and their content.</returns>
    public static ImmutableArray<(string File, string Svg)> Of(ComparisonPlan plan, ImmutableArray<Cell> cells)
    {
        ImmutableArray<string> rules = [.. plan.Rules.Select(r => r.Name)];
        var nulls = cells.Where(c => c.Scenario.IsNull).ToArray();
        var regressions = cells.Where(c => !c.Scenario.IsNull).ToArray();
        var made = ImmutableArray.CreateBuilder<(string, string)>();
        if (nulls.Length > 0)
        {
            var plot = new DotPlot(
                "False rollback: the candidate is as good as stable",
                $"{plan.Runs} runs a mark, with 95 % intervals; dashed: the promise of 1 %. Rows: requests a second",
                "rolled back within 2 h (share of runs)", Axis.Percent(), rules, Alpha);
            made.Add(("false-rollback.svg", plot.Draw(
                Rows(rules, nulls, static c => new(0, c.RolledBack.Value, c.RolledBack.Low, c.RolledBack.High)))));
        }

        if (regressions.Length == 0) return made.ToImmutable();
        var missed = new DotPlot(
            "Missed regressions: at 100 % and never taken back", $"{plan.Runs} runs a mark, with 95 % intervals. Rows: requests a second",
            "missed within 2 h (share of runs)", Axis.Percent(), rules, null);
        made.Add(("missed.svg", missed.Draw(
            Rows(rules, regressions, static c => new(0, c.Promoted.Value, c.Promoted.Low, c.Promoted.High)))));
        var bad = new DotPlot(
            "Bad responses served because of the candidate, in the first two hours",
            "Mean of expected excess errors and requests slower than stable's p99, with 95 % intervals. Rows: requests a second",
            "bad responses (log scale)", Axis.Decades(regressions.Select(c => c.BadResponses), 1), rules, null);
        made.Add(("bad-responses.svg", bad.Draw(Rows(rules, regressions, static c =>
            new(0, c.BadResponses, c.BadResponses - Reach(c.BadResponsesError), c.BadResponses + Reach(c.BadResponsesError))))));
        var times = regressions.Where(c => c.MinutesToRollback is not null).ToArray();
        if (times.Length > 0)
        {
            var time = new DotPlot(
                "Time to roll back", "Median of the runs that went back at all. Rows: requests a second",
                "minutes since the candidate was deployed (log scale)", Axis.Decades(times.Select(c => c.MinutesToRollback!.Value), 0.1),
                rules, null);
            made.Add(("time-to-detect.svg", time.Draw(Rows(rules, times, static c => new(0, c.MinutesToRollback!.Value, 0, 0)))));
        }

        return made.ToImmutable();
    }

    private static DotRow[] Rows(ImmutableArray<string> rules, IEnumerable<Cell> cells, Func<Cell, Dot> dot) =>
    [
        .. cells.GroupBy(static c => (c.Scenario.Name, c.RequestsPerSecond)).Select(g => new DotRow(
            g.Key.Name, g.Key.RequestsPerSecond.ToString("#,0.##", CultureInfo.InvariantCulture) + "/s",
            [.. g.Select(c => dot(c) with { Series = rules.IndexOf(c.Rule) })])),
    ];

    private static double Reach(double error) => double.IsFinite(error) ? 1.96 * error : 0;
}
