using System.Collections.Immutable;
using System.Text.Json;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Replaying;

/// <summary>Judges recorded rollouts again, under their own analysis or another one.</summary>
/// <remarks>
/// What is judged are the windows that were measured. Traffic at weights that were never applied is unknown: after an
/// earlier stop the rest is not counted, and a rollout that ended early is never said to be promoted. A step is passed
/// when the judge passes at the moment at which the rollout went on.
/// </remarks>
public static class Replayer
{
    /// <param name="history">Where the recording is.</param>
    /// <param name="recording">Which one.</param>
    /// <param name="under">From the recorded analysis to the one to judge under; null for the recorded one itself.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be read.</exception>
    public static async Task<Replayed> ReplayAsync(
        IHistory history, RecordedRollout recording, Func<Analysis, Analysis>? under, CancellationToken stop)
    {
        var ticks = new RecordedTicks(await history.WindowsAsync(recording.State.Id, 0, stop));
        try
        {
            return Judge(recording, await ReplayCourse.ReadAsync(history, recording.State, stop), ticks, under);
        }
        catch (JsonException fault)
        {
            return Unjudged(recording, ticks, $"its facts cannot be read by this build ({fault.Message})");
        }
        catch (FormatException fault)
        {
            return Unjudged(recording, ticks, fault.Message);
        }
    }

    private static Replayed Judge(
        RecordedRollout recording, ImmutableArray<CourseEvent> course, RecordedTicks ticks, Func<Analysis, Analysis>? under)
    {
        var plan = recording.State.Plan;
        var live = new Walk(plan, null, null);
        var again = under is null ? null : new Walk(plan, under, live);
        var journal = new Journal(plan);
        var lengths = new TickLengths();
        var next = 0;
        foreach (var tick in ticks.Read())
        {
            for (; next < course.Length && course[next].Generation <= tick.Generation; next++) Decided(course[next]);
            live.Absorb(tick);
            again?.Absorb(tick);
            lengths.Absorb(tick);
        }

        for (; next < course.Length; next++) Decided(course[next]);
        if (live.Bench.Judge is null) return Unjudged(recording, ticks, "its beginning was not recorded, or is damaged");
        var (was, now) = (live.Outcome(), (again ?? live).Outcome());
        return new Replayed(
            recording, was, now, Steps(plan, live, again ?? live), journal.Judgements, journal.Differing, ticks.Missing,
            Notes(ticks, live, again, journal, lengths, was));

        void Decided(CourseEvent decision)
        {
            journal.Check(decision, live);
            live.Decided(decision);
            again?.Decided(decision);
        }
    }

    private static ImmutableArray<ReplayStep> Steps(Plan plan, Walk live, Walk again) =>
    [
        .. live.Ended.Values.OrderBy(s => s.Step).Select(s => new ReplayStep(
            s.Step, plan.Steps[s.Step].Weights.Candidate, s.At, s.Verdict, s.Since, again.Ended[s.Step].Verdict, again.Ended[s.Step].Since,
            live.NeedsPass(s.Step))),
    ];

    private static ImmutableArray<string> Notes(
        RecordedTicks ticks, Walk live, Walk? again, Journal journal, TickLengths lengths, ReplayOutcome was)
    {
        var notes = ImmutableArray.CreateBuilder<string>();
        if (ticks.Damaged > 0) notes.Add($"{ticks.Damaged} pieces of the recording are damaged");
        if (ticks.Missing > 0) notes.Add($"the recording is incomplete: {ticks.Missing} ticks that the live judge saw are missing");
        if (journal.Differing > 0)
        {
            var cause = ticks.Missing + ticks.Damaged > 0 ? "" : ": another build or another machine made them";
            notes.Add($"{journal.Differing} of {journal.Judgements} judgements come out otherwise than they are in the journal{cause}");
        }

        foreach (var step in live.Ended.Values.OrderBy(s => s.Step))
            if (live.NeedsPass(step.Step) && step.Verdict != Verdict.Pass && was.Word != ReplayWord.RolledBack)
                notes.Add($"step {step.Step + 1} was left without a pass, by a person or by the plan: so it is here");
        if (again is { Bench.Analysis: { } asked }) AddAsked(notes, asked, live.Bench.Live!, lengths);
        return notes.ToImmutable();
    }

    private static void AddAsked(ImmutableArray<string>.Builder notes, Analysis asked, Analysis recorded, TickLengths lengths)
    {
        foreach (var metric in asked.Metrics)
            if (recorded.Metrics.All(m => m.Name != metric.Name))
                notes.Add($"{metric.Name} was not recorded: it is never shown to be no worse");
        if (asked.Tick != recorded.Tick && lengths.Differ(asked.Tick))
            notes.Add($"the ticks are {DurationText.OfSeconds(lengths.Median)} long as recorded, not {DurationText.Of(asked.Tick)}");
    }

    private static Replayed Unjudged(RecordedRollout recording, RecordedTicks ticks, string why) => new(
        recording, null, null, [], 0, 0, ticks.Missing, [$"cannot be judged again: {why}"]);
}
