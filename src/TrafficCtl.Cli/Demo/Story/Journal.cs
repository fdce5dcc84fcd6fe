using System.Globalization;
using System.Text.Json;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Demo.Story;

/// <summary>What the journal of a rollout says of it.</summary>
/// <param name="Decisions">How many were saved.</param>
/// <param name="HighestWeight">Basis points that the candidate ever had.</param>
/// <param name="WeightZeroAt">When a breaker's trip or the router's word put the weight to 0; null while neither did.</param>
internal sealed record Journal(int Decisions, int HighestWeight, DateTimeOffset? WeightZeroAt)
{
    public static Journal Read(IEnumerable<Fact> facts)
    {
        var journal = new Journal(0, 0, null);
        foreach (var fact in facts.Where(f => f.Kind == "decided").OrderBy(f => f.Seq))
        {
            using var data = JsonDocument.Parse(fact.Data);
            var root = data.RootElement;
            journal = new Journal(
                journal.Decisions + 1,
                Math.Max(journal.HighestWeight, Weight(root)),
                journal.WeightZeroAt ?? Trip(root) ?? (Phase(root) is "RolledBack" or "Aborted" ? fact.At.ToDateTimeOffset() : null));
        }

        return journal;
    }

    /// <summary>From v2's first bad response to weight 0; null when either is missing.</summary>
    public double? SecondsToRollback(DateTimeOffset? firstBad) =>
        WeightZeroAt is { } zero && firstBad is { } bad ? Math.Round(Math.Max(0, (zero - bad).TotalSeconds), 2) : null;

    private static int Weight(JsonElement root) =>
        root.TryGetProperty("exposure", out var exposure) && exposure.TryGetProperty("general", out var general) ? general.GetInt32() : 0;

    private static string? Phase(JsonElement root) =>
        root.TryGetProperty("phase", out var phase) && phase.TryGetProperty("phase", out var name) ? name.GetString() : null;

    private static DateTimeOffset? Trip(JsonElement root) =>
        root.TryGetProperty("more", out var more) && more.TryGetProperty("breakerAt", out var at)
            ? DateTimeOffset.Parse(at.GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)
            : null;
}
