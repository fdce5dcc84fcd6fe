using System.Globalization;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Demo.Story;

/// <summary>What the journal of a rollout says of it.</summary>
/// <param name="Decisions">How many were saved.</param>
/// <param name="HighestWeight">Basis points that the candidate ever had.</param>
/// <param name="WeightZeroAt">When a breaker's trip or the router's word put the weight to 0; null while neither did.</param>
internal sealed record DemoJournal(int Decisions, int HighestWeight, DateTimeOffset? WeightZeroAt)
{
    public static DemoJournal Read(IEnumerable<Fact> facts)
    {
        var journal = new DemoJournal(0, 0, null);
        foreach (var fact in facts.Where(f => f.Kind == "decided").OrderBy(f => f.Seq))
        {
            var data = fact.Data ?? new FactData();
            journal = new DemoJournal(
                journal.Decisions + 1,
                Math.Max(journal.HighestWeight, data.Weight),
                journal.WeightZeroAt ?? Trip(data) ?? (data.Phase is "RolledBack" or "Aborted" ? fact.At.ToDateTimeOffset() : null));
        }

        return journal;
    }

    /// <summary>From v2's first bad response to weight 0; null when either is missing.</summary>
    public double? SecondsToRollback(DateTimeOffset? firstBad) =>
        WeightZeroAt is { } zero && firstBad is { } bad ? Math.Round(Math.Max(0, (zero - bad).TotalSeconds), 2) : null;

    private static DateTimeOffset? Trip(FactData data) =>
        data.More.TryGetValue("breakerAt", out var at)
            ? DateTimeOffset.Parse(at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)
            : null;
}
