using Google.Protobuf.WellKnownTypes;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Printing;

/// <summary>Replayed rollouts for a reader.</summary>
internal static class ReplayText
{
    public static void Write(ReplayResponse answer, TextWriter to)
    {
        var isOther = answer.Analysis.Length > 0;
        var table = isOther
            ? new Columns("ROLLOUT", "STARTED", "VERSION", "HAPPENED", "JUDGED THEN", "WOULD HAVE BEEN", "DIFFERENCE")
            : new Columns("ROLLOUT", "STARTED", "VERSION", "HAPPENED", "JUDGED THEN", "JUDGED AGAIN");
        foreach (var rollout in answer.Rollouts)
        {
            string[] row =
            [
                rollout.Rollout, PrintedUnits.DayAndTime(rollout.StartedAt), $"{rollout.Stable} -> {rollout.Candidate}", rollout.Happened,
                Outcome(rollout.Recorded, rollout),
            ];
            table.Add(isOther ? [.. row, Outcome(rollout.Again, rollout), Difference(rollout)] : [.. row, Same(rollout)]);
        }

        table.WriteTo(to);
        foreach (var rollout in answer.Rollouts)
        {
            if (rollout.Changed && rollout.Again is { } again) to.WriteLine($"  {rollout.Rollout}: {again.Why}");
            foreach (var note in rollout.Notes) to.WriteLine($"! {rollout.Rollout}: {note}");
        }

        to.WriteLine();
        to.WriteLine(Summary(answer));
        if (isOther)
            to.WriteLine(
                "Only what was measured is judged: after an earlier stop, or at weights that were never applied, nothing is known.");
    }

    /// <summary>Why a build is to stop; empty when it is not.</summary>
    public static string Changes(ReplayResponse answer) => string.Join("; ", new[]
    {
        answer.Changed > 0
            ? $"{Count(answer.Changed, "outcome")} would be another one: {Names(answer.Rollouts.Where(r => r.Changed))}"
            : null,
        answer.Unjudged > 0
            ? $"{Count(answer.Unjudged, "rollout")} cannot be judged again: {Names(answer.Rollouts.Where(r => r.Recorded is null))}"
            : null,
        answer.Analysis.Length == 0 && answer.Rollouts.Any(IsOtherwise)
            ? $"not the same as in the journal: {Names(answer.Rollouts.Where(IsOtherwise))}"
            : null,
    }.Where(t => t is not null));

    /// <summary>All was recorded, and yet a judgement comes out otherwise.</summary>
    private static bool IsOtherwise(ReplayedRollout rollout) => rollout is { Differing: > 0, MissingTicks: 0 };

    private static string Summary(ReplayResponse answer)
    {
        var under = answer.Analysis.Length > 0 ? $" under {answer.Analysis}" : "";
        var words = $"{Count(answer.Rollouts.Count, "rollout")}{under}: {answer.Promoted} would have been promoted, {answer.Held} held, "
            + $"{answer.RolledBack} rolled back; {answer.Changed} changed";
        return answer.Unjudged > 0 ? $"{words}; {answer.Unjudged} cannot be judged again" : words;
    }

    private static string Outcome(ReplayOutcome? outcome, ReplayedRollout rollout) => outcome switch
    {
        null => "?",
        { Outcome: "promoted" } => "promoted",
        { Outcome: "rolled-back" } =>
            $"rolled back {PrintedUnits.Time(outcome.At)} at {PrintedUnits.Share(outcome.Weight)} by {outcome.Signal}",
        _ when ReferenceEquals(outcome, rollout.Recorded) || !rollout.Changed || rollout.Recorded.Outcome == "rolled-back" =>
            $"held (unsure) at {PrintedUnits.Share(outcome.Weight)}, where it ended",
        { PassesAfter: { } after } => $"held (unsure) at {PrintedUnits.Share(outcome.Weight)}; passes {Span(after)} later",
        _ => $"held (unsure) at {PrintedUnits.Share(outcome.Weight)}; does not pass up to its end",
    };

    private static string Same(ReplayedRollout rollout) => rollout switch
    {
        { Again: null } => "?",
        { Differing: 0, MissingTicks: 0 } => $"the same: {Count(rollout.Judgements, "judgement")} to the last bit",
        _ => $"{Outcome(rollout.Again, rollout)}; {rollout.Judgements - rollout.Differing} of {Count(rollout.Judgements, "judgement")} "
            + "the same",
    };

    private static string Difference(ReplayedRollout rollout)
    {
        if (rollout.Again is null) return "?";
        var time = rollout.Difference?.ToTimeSpan() switch
        {
            null => "",
            { Ticks: 0 } => "0 s",
            { Ticks: < 0 } sooner => $"{PrintedUnits.Span(-sooner)} sooner",
            { } later => $"{PrintedUnits.Span(later)} later",
        };
        return rollout.Changed ? $"changed{(time.Length > 0 && rollout.Again.Outcome != "held" ? $", {time}" : "")}" : time;
    }

    private static string Span(Duration duration) => PrintedUnits.Span(duration.ToTimeSpan());

    private static string Names(IEnumerable<ReplayedRollout> rollouts) => string.Join(", ", rollouts.Select(r => r.Rollout));

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";
}
