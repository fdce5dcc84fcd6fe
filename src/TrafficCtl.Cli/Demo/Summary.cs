using System.Globalization;
using System.Text.Json;

namespace TrafficCtl.Cli.Demo;

/// <summary>What a demonstration came to: one JSON line.</summary>
/// <param name="Outcome"><c>promoted</c>, <c>rolled-back</c>, <c>paused</c>, <c>aborted</c>.</param>
/// <param name="MaxWeight">Percent that v2 ever had.</param>
/// <param name="BadResponses">Served by v2 to users: errors, and answers slower than the tolerance by v2's own fault.</param>
/// <param name="SecondsToRollback">From v2's first bad response to weight 0; null when there was none or no rollback.</param>
/// <param name="Decisions">In the journal.</param>
internal sealed record Summary(
    string Scenario, bool Fast, string Outcome, bool Right, double MaxWeight, long BadResponses, double? SecondsToRollback, int Decisions,
    double Seconds, long Requests, long Shed, string Why, string[] Scaled)
{
    public string ToJson() => JsonSerializer.Serialize(this, DemoJson.Default.Summary);

    public IEnumerable<string> ToLines()
    {
        yield return $"{Outcome} ({(Right ? "right" : "WRONG")} for scenario {Scenario}) after {Text(Seconds)} s and {Requests} requests";
        yield return $"why: {Why}";
        yield return $"v2 had at most {Text(MaxWeight)} % and served {BadResponses} bad responses"
            + (SecondsToRollback is { } seconds ? $"; weight 0 came {Text(seconds)} s after the first" : "");
        yield return $"{Decisions} decisions in the journal";
        yield return $"scaled: {string.Join(", ", Scaled)}; error rates and margins unchanged";
        if (Shed > 0) yield return $"{Shed} requests were not sent because the machine could not keep up";
    }

    private static string Text(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);
}
