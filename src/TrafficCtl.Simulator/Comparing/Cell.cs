using TrafficCtl.Simulator.Rules;
using TrafficCtl.Simulator.Services;

namespace TrafficCtl.Simulator.Comparing;

/// <summary>All runs of one rule in one scenario at one rate of traffic.</summary>
/// <param name="Scenario">What happened.</param>
/// <param name="RequestsPerSecond">Both arms together.</param>
/// <param name="Rule">Whose runs.</param>
/// <param name="RolledBack">False where the scenario is a null, right elsewhere.</param>
/// <param name="RolledBackFromAll">How many of these had entered 100 % before.</param>
/// <param name="Promoted">At 100 % at the horizon: right in a null, a missed regression elsewhere.</param>
/// <param name="Held">Neither, at the horizon.</param>
/// <param name="MinutesToRollback">Median of the runs that went back, since deployment; null of none.</param>
/// <param name="MinutesToPromote">Median of the runs that entered 100 %; null of none.</param>
/// <param name="Reached">Had 95 % of the traffic at some time: shown to be no worse, and in its holdback or past it.</param>
/// <param name="MinutesToMost">Median of these; null of none.</param>
/// <param name="BadResponses">Mean over all runs.</param>
/// <param name="BadResponsesError">Its standard error; NaN of one run.</param>
public sealed record Cell(
    Scenario Scenario, double RequestsPerSecond, string Rule, Share RolledBack, Share RolledBackFromAll, Share Promoted, Share Held,
    double? MinutesToRollback, double? MinutesToPromote, Share Reached, double? MinutesToMost, double BadResponses,
    double BadResponsesError)
{
    public int Runs => RolledBack.Of;

    public static Cell Of(Scenario scenario, double requestsPerSecond, string rule, ReadOnlySpan<RunResult> runs)
    {
        var (back, promoted, most, held, sum, squares) = (new List<double>(), new List<double>(), new List<double>(), 0, 0.0, 0.0);
        var (ended, late) = (0, 0);
        foreach (var run in runs)
        {
            if (run.RolledBackAfter is { } backAfter) back.Add(backAfter / 60);
            if (run is { RolledBackAfter: not null, PromotedAfter: not null }) late++;
            if (run.MostAfter is { } mostAfter) most.Add(mostAfter / 60);
            if (run.PromotedAfter is { } promotedAfter) promoted.Add(promotedAfter / 60);
            if (run.End == RunEnd.Running) held++;
            if (run.End == RunEnd.Promoted) ended++;
            sum += run.BadResponses;
        }

        var mean = sum / runs.Length;
        foreach (var run in runs) squares += (run.BadResponses - mean) * (run.BadResponses - mean);
        var error = runs.Length > 1 ? Math.Sqrt(squares / (runs.Length - 1) / runs.Length) : double.NaN;
        return new Cell(
            scenario, requestsPerSecond, rule, new Share(back.Count, runs.Length), new Share(late, runs.Length),
            new Share(ended, runs.Length), new Share(held, runs.Length),
            Median(back), Median(promoted), new Share(most.Count, runs.Length), Median(most), mean, error);
    }

    private static double? Median(List<double> values)
    {
        if (values.Count == 0) return null;
        values.Sort();
        return (values[(values.Count - 1) / 2] + values[values.Count / 2]) / 2;
    }
}
