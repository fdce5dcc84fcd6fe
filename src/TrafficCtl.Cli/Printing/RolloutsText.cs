using TrafficCtl.V1;

namespace TrafficCtl.Cli.Printing;

/// <summary>Rollouts in a line each.</summary>
internal static class RolloutsText
{
    private const int LongestReason = 100;

    public static void Write(ListRolloutsResponse all, TextWriter to)
    {
        if (all.Rollouts.Count == 0)
        {
            to.WriteLine("no rollout yet");
            return;
        }

        TableOf(all.Rollouts).WriteTo(to);
    }

    public static Columns TableOf(IEnumerable<RolloutSummary> rollouts)
    {
        var table = new Columns("ROLLOUT", "VERSION", "OUTCOME", "STARTED", "TOOK", "HIGHEST", "REASON");
        foreach (var rollout in rollouts)
            table.Add(
                rollout.Id, $"{rollout.Stable} -> {rollout.Candidate}", Outcome(rollout), PrintedUnits.DayAndTime(rollout.StartedAt),
                rollout.EndedAt is { } ended ? PrintedUnits.Since(rollout.StartedAt, ended) : "-", Highest(rollout), Brief(rollout.Reason));
        return table;
    }

    private static string Outcome(RolloutSummary rollout) =>
        rollout.Outcome == "active" ? $"active: {PrintedUnits.Phase(rollout.Phase)}" : PrintedUnits.Phase(rollout.Phase);

    private static string Highest(RolloutSummary rollout) =>
        string.Join(", ", rollout.HighestCohorts
            .Select(c => $"{c.Cohort} {PrintedUnits.Share(c.Weight)}")
            .Prepend(PrintedUnits.Share(rollout.HighestWeight)));

    /// <summary>Up to the first list of numbers; <c>why --rollout ID</c> has the rest.</summary>
    private static string Brief(string reason)
    {
        var end = reason.IndexOf("; ", StringComparison.Ordinal);
        var brief = end < 0 ? reason : reason[..end];
        return brief.Length <= LongestReason ? brief : brief[..(LongestReason - 1)] + "…";
    }
}
