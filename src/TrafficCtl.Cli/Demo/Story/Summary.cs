using System.Text.Json;
using System.Text.Json.Serialization;
using TrafficCtl.Cli.Demo.Load;
using TrafficCtl.Cli.Printing;

namespace TrafficCtl.Cli.Demo.Story;

/// <summary>What a demonstration came to: one JSON line.</summary>
/// <param name="Outcome"><c>promoted</c>, <c>rolled-back</c>, <c>paused</c>, <c>aborted</c>, <c>unfinished</c>.</param>
/// <param name="Right">
/// False only where the product decided wrongly. Null where it decided nothing (it paused, or the announced time was over), or where this
/// machine held up one version's answers more than the other's, so that what was measured is not what the scenario says.
/// </param>
/// <param name="MaxWeight">Percent that v2 ever had.</param>
/// <param name="BadResponses">Served by v2 to users: errors, and answers slower than the tolerance by v2's own fault.</param>
/// <param name="SecondsToRollback">From v2's first bad response to weight 0; null when there was none or no rollback.</param>
/// <param name="Decisions">In the journal.</param>
/// <param name="Seconds">From the first request to the outcome.</param>
/// <param name="AnnouncedSeconds">What was announced for that as usual, and as the most.</param>
/// <param name="Rate">Requests per second that this machine was found to carry.</param>
/// <param name="LateShare">Share of answers that came late by this machine's doing, of v1 and of v2.</param>
/// <param name="Kept">The directory with the log, the delivery file and the journal; null when it was removed.</param>
internal sealed record Summary(
    string Scenario, bool Fast, string Outcome, bool? Right, double MaxWeight, long BadResponses, double? SecondsToRollback, int Decisions,
    double Seconds, double[] AnnouncedSeconds, int Rate, long Requests, long Shed, double[] LateShare, string Why, string[] Scaled,
    string? Kept = null)
{
    /// <summary>A difference of the arms' late answers beyond it is this machine's doing, and looks like harm.</summary>
    private const double MostLateDifference = 0.02;

    public static Summary Of(
        Profile profile, Expectation expected, DemoEnding ending, LoadReport report, DemoJournal journal, double seconds)
    {
        double[] late = [Share(report.LateV1, report.V1), Share(report.LateV2, report.V2)];
        var isDisturbed = report.Shed > 0 || Math.Abs(late[0] - late[1]) > MostLateDifference;
        var right = profile.Scenario.IsRight(ending.Outcome, isDisturbed);
        double[] announced = [Math.Round(expected.Typical.TotalSeconds), Math.Round(expected.Most.TotalSeconds)];
        var rollback = ending.Outcome == Story.DemoOutcome.RolledBack ? journal.SecondsToRollback(report.FirstBadV2) : null;
        return new(
            profile.Scenario.ToString().ToLowerInvariant(), profile.IsFast, ending.Outcome.Word(), right, journal.HighestWeight / 100.0,
            report.BadV2, rollback, journal.Decisions, Math.Round(seconds, 1), announced, profile.Rate,
            report.Sent, report.Shed, late, ending.Why, [.. profile.Scaled]);
    }

    public string ToJson() => JsonSerializer.Serialize(this, SummaryJson.Default.Summary);

    public IEnumerable<string> ToLines()
    {
        yield return $"{Outcome} ({Judged} for scenario {Scenario}) after {PrintedUnits.Span(TimeSpan.FromSeconds(Seconds))} and "
            + $"{PrintedUnits.Count(Requests)} requests";
        yield return $"why: {Why}";
        yield return $"v2 had at most {PrintedUnits.Percent(MaxWeight / 100)} and served {BadResponses} bad responses"
            + (SecondsToRollback is { } seconds
                ? $"; weight 0 came {PrintedUnits.Span(TimeSpan.FromSeconds(seconds))} after the first"
                : "");
        yield return $"{Decisions} decisions in the journal";
        yield return $"scaled: {string.Join(", ", Scaled)}; error rates and margins unchanged";
        if (Shed > 0) yield return $"{Shed} requests were not sent because the machine could not keep up";
        if (Kept is not null) yield return $"the log, the delivery file and the journal are kept in {Kept}";
    }

    private string Judged => Right switch
    {
        true => "right",
        false => "WRONG",
        null => "no answer",
    };

    private static double Share(long part, long whole) => whole > 0 ? Math.Round((double)part / whole, 4) : 0;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Summary))]
internal sealed partial class SummaryJson : JsonSerializerContext;
