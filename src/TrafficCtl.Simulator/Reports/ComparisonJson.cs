using System.Collections.Immutable;
using System.Text.Json;
using TrafficCtl.Simulator.Comparing;

namespace TrafficCtl.Simulator.Reports;

/// <summary>
/// One document: the plan, every cell with its counts and intervals, and ours beside the best other rule; null for what is unknown.
/// </summary>
public static class ComparisonJson
{
    public static void Write(ComparisonPlan plan, ImmutableArray<Cell> cells, Utf8JsonWriter to)
    {
        to.WriteStartObject();
        to.Whole("seed", plan.Seed);
        to.WriteNumber("runs", plan.Runs);
        to.WriteNumber("horizonMinutes", ComparisonPlan.HorizonSeconds / 60);
        to.WriteStartArray("cells");
        foreach (var cell in cells) Write(cell, to);
        to.WriteEndArray();
        to.WriteStartArray("oursAgainstTheBest");
        foreach (var rivalry in Rivalry.Of("ours", cells)) Write(rivalry, to);
        to.WriteEndArray();
        to.WriteEndObject();
    }

    private static void Write(Rivalry rivalry, Utf8JsonWriter to)
    {
        to.WriteStartObject();
        to.WriteString("scenario", rivalry.Own.Scenario.Name);
        to.WriteNumber("requestsPerSecond", rivalry.Own.RequestsPerSecond);
        to.Number("badResponses", rivalry.Own.BadResponses);
        to.WriteString("best", rivalry.Best?.Rule);
        to.Number("bestBadResponses", rivalry.Best?.BadResponses);
        to.Number("ratio", rivalry.Ratio);
        to.WriteEndObject();
    }

    private static void Write(Cell cell, Utf8JsonWriter to)
    {
        to.WriteStartObject();
        to.WriteString("scenario", cell.Scenario.Name);
        to.WriteBoolean("isNull", cell.Scenario.IsNull);
        to.WriteNumber("requestsPerSecond", cell.RequestsPerSecond);
        to.WriteString("rule", cell.Rule);
        to.WriteNumber("runs", cell.Runs);
        to.Share("rolledBack", cell.RolledBack);
        to.Share("rolledBackFrom100", cell.RolledBackFromAll);
        to.Share("promoted", cell.Promoted);
        to.Share("held", cell.Held);
        to.Number("minutesToRollback", cell.MinutesToRollback);
        to.Number("minutesToPromote", cell.MinutesToPromote);
        to.Share("reached95", cell.Reached);
        to.Number("minutesTo95", cell.MinutesToMost);
        to.Number("badResponses", cell.BadResponses);
        to.Number("badResponsesError", cell.BadResponsesError);
        to.WriteEndObject();
    }
}

/// <summary>Numbers as JSON has them.</summary>
internal static class JsonParts
{
    public static void Share(this Utf8JsonWriter to, string name, Share share)
    {
        to.WriteStartObject(name);
        to.WriteNumber("count", share.Count);
        to.Number("share", share.Value);
        to.Number("low", share.Low);
        to.Number("high", share.High);
        to.WriteEndObject();
    }

    /// <summary>A number up to 2^53, which every reader of JSON holds exactly; beyond it a string of its digits.</summary>
    public static void Whole(this Utf8JsonWriter to, string name, ulong value)
    {
        if (value <= 1UL << 53) to.WriteNumber(name, value);
        else to.WriteString(name, value.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Six digits; null when it is unknown.</summary>
    public static void Number(this Utf8JsonWriter to, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number)) to.WriteNumber(name, Rounded(number));
        else to.WriteNull(name);
    }

    private static double Rounded(double value) =>
        double.Parse(
            value.ToString("G6", System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture);
}
