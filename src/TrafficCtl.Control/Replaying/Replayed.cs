using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Judging;

namespace TrafficCtl.Control.Replaying;

/// <summary>What the judge's word comes to over a whole rollout.</summary>
public enum ReplayWord
{
    /// <summary>It passed wherever the rollout went on by its word, and never failed.</summary>
    Promoted,

    /// <summary>It did not pass where the rollout went on by its word, or the recording ends before 100 %.</summary>
    Held,

    /// <summary>It failed.</summary>
    RolledBack,
}

/// <param name="Word">What it comes to.</param>
/// <param name="At">
/// When: of the failing tick, of the advance that would not have been made, of the promotion, or where the recording ends.
/// </param>
/// <param name="Step">The step it stood at, from 0; the plan's number of steps at 100 %; -1 when nothing was judged.</param>
/// <param name="Signal">The signal that carried most of a failure; null else.</param>
/// <param name="PassesAfter">
/// For a step that would have been held: how much later, on the windows recorded at the weights that followed, it passes; null when it
/// never does.
/// </param>
/// <param name="Why">One sentence with its numbers.</param>
public sealed record ReplayOutcome(ReplayWord Word, DateTimeOffset At, int Step, string? Signal, TimeSpan? PassesAfter, string Why);

/// <summary>How one step ended, by the record and judged again.</summary>
/// <param name="Step">From 0.</param>
/// <param name="Weight">The candidate's share in basis points.</param>
/// <param name="EndedAt">When the rollout went on.</param>
/// <param name="Recorded">The live judge's verdict then.</param>
/// <param name="RecordedSince">Since when that verdict was a pass; null when it was none.</param>
/// <param name="Again">The verdict judged again.</param>
/// <param name="AgainSince">Since when it was a pass; null when it was none.</param>
/// <param name="NeededPass">Otherwise the step ends without one: harm alone is compared.</param>
public sealed record ReplayStep(
    int Step, int Weight, DateTimeOffset EndedAt, Verdict Recorded, DateTimeOffset? RecordedSince, Verdict Again,
    DateTimeOffset? AgainSince, bool NeededPass);

/// <summary>One rollout judged again.</summary>
/// <param name="Rollout">What is kept of it.</param>
/// <param name="Recorded">What the judge said then; null when the recording cannot be judged.</param>
/// <param name="Again">What it says under the asked analysis; null when the recording cannot be judged.</param>
/// <param name="Steps">Those that ended.</param>
/// <param name="Judgements">Judgements in the journal of facts.</param>
/// <param name="Differing">Those of them that the replay under the recorded analysis does not give to the last bit.</param>
/// <param name="Missing">Ticks that the judge absorbed and the recording does not hold.</param>
/// <param name="Notes">What a reader must know of this replay.</param>
public sealed record Replayed(
    RecordedRollout Rollout, ReplayOutcome? Recorded, ReplayOutcome? Again, ImmutableArray<ReplayStep> Steps,
    int Judgements, int Differing, long Missing, ImmutableArray<string> Notes)
{
    public bool IsJudged => Recorded is not null && Again is not null;

    /// <summary>The word is another one.</summary>
    public bool IsChanged => Recorded?.Word != Again?.Word;

    /// <summary>Later is positive; null where the two have no common moment.</summary>
    public TimeSpan? Difference => (Recorded, Again) switch
    {
        ({ Word: ReplayWord.RolledBack } was, { Word: ReplayWord.RolledBack } now) => now.At - was.At,
        ({ Word: ReplayWord.Promoted }, { Word: ReplayWord.Promoted }) => Sooner(),
        (_, { PassesAfter: { } after }) => after,
        _ => null,
    };

    /// <summary>How much sooner or later the passes that the rollout went on by were there, over all steps.</summary>
    private TimeSpan Sooner()
    {
        var sum = TimeSpan.Zero;
        foreach (var step in Steps)
            if (step.NeededPass && step is { RecordedSince: { } was, AgainSince: { } now }) sum += now - was;
        return sum;
    }
}
