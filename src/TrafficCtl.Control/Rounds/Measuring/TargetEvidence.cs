using TrafficCtl.Control.Recording;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Control.Rounds.Measuring;

/// <summary>The evidence of one rollout, the past of its stable version, and the ticks that are recorded of it.</summary>
internal sealed class TargetEvidence
{
    /// <summary>A scrape or two may tell of requests before they tell of latency.</summary>
    private const int FewTicks = 3;

    private Judgement? judgement;
    private Weights judgedFor;
    private string? beganAnew;

    /// <summary>Whose evidence it is; null without an active rollout.</summary>
    public string? Of { get; private set; }

    public Judge? Judge { get; private set; }

    /// <summary>The cohort that <see cref="Judge"/> compares in.</summary>
    public string? Cohort { get; private set; }

    public Analysis? Analysis { get; private set; }

    public Baseline Baseline { get; private set; } = new(LatencyLayout.None);

    /// <summary>Changes whenever <see cref="Baseline"/> does.</summary>
    public int PastVersion { get; private set; }

    /// <summary>The last whole checkpoint; null when none is known that a later one may build on.</summary>
    public SavedWhole? Whole { get; private set; }

    /// <summary>The version that <see cref="Baseline"/> is the past of.</summary>
    public string? BaselineOf { get; private set; }

    /// <summary>Ticks in the judge's evidence.</summary>
    public long Ticks { get; private set; }

    /// <summary>The buckets of the evidence; what is read is converted to these.</summary>
    public LatencyLayout Layout { get; private set; } = LatencyLayout.None;

    /// <summary>There was evidence in other buckets, and none since.</summary>
    public bool IsRebucketed { get; private set; }

    /// <summary>Recorded ticks that the store does not have yet.</summary>
    public PendingWindows Windows { get; } = new();

    /// <summary>Nothing is known yet of this rollout's evidence; the past of stable stays.</summary>
    /// <param name="rolloutId">Null without an active rollout.</param>
    /// <param name="recorded">Ticks of it that the store has.</param>
    public void Begin(string? rolloutId, long recorded)
    {
        Clear();
        (Of, IsRebucketed) = (rolloutId, false);
        Windows.Begin(recorded);
    }

    /// <summary>The past is one of this version.</summary>
    public void Follow(string stable)
    {
        if (BaselineOf == stable) return;
        if (BaselineOf is not null) Baseline = Baseline.Next();
        (BaselineOf, PastVersion) = (stable, PastVersion + 1);
    }

    /// <summary>Evidence begins anew: another population, or other tolerances.</summary>
    public void Use(Judge judge, string? cohort, Analysis analysis)
    {
        if (Judge is not null && Analysis != analysis) beganAnew = "the tolerances changed";
        Clear();
        (Judge, Cohort, Analysis, IsRebucketed) = (judge, cohort, analysis, false);
    }

    /// <summary>The judge has one tick more.</summary>
    public void Grow() => (Ticks, judgement) = (Ticks + 1, null);

    /// <summary>
    /// Whether the evidence has to turn to these buckets. It goes on in the ones that it began in as long as what is counted can be
    /// told in them.
    /// </summary>
    /// <remarks>
    /// A source that begins anew has counted no latency at first, and then that of one histogram before another's: neither says
    /// that the buckets are others than those of the evidence.
    /// </remarks>
    public bool MustTurn(LatencyLayout layout) =>
        !layout.IsNone && !(Judge is not null && layout.Refines(Layout)) && (Layout.IsNone || !Layout.Matches(layout));

    /// <summary>The counters come in other buckets: the evidence in the old ones is lost.</summary>
    public void Rebucket(LatencyLayout layout)
    {
        if (Judge is not null)
        {
            IsRebucketed = true;
            // What few ticks held before the first latency was counted is no loss to speak of.
            if (!Layout.IsNone) beganAnew = "the buckets of the latency histograms changed";
            else if (Ticks > FewTicks) beganAnew = "no latency was measured before, and now it is";
        }

        Turn(layout);
    }

    /// <summary>Whatever was counted in other buckets is dropped: nothing in these can be held against it.</summary>
    public void Turn(LatencyLayout layout)
    {
        (Layout, Baseline, PastVersion) = (layout, Baseline.Next(layout), PastVersion + 1);
        Clear();
    }

    /// <summary>Another object with the same edges, shared with other targets.</summary>
    public void Share(LatencyLayout layout) => Layout = layout;

    /// <summary>As a checkpoint told.</summary>
    public void Restore(Judge? judge, string? cohort, Analysis analysis, long ticks)
    {
        Clear();
        (Judge, Cohort, Analysis, Ticks) = (judge, cohort, judge is null ? null : analysis, judge is null ? 0 : ticks);
    }

    /// <summary>As a checkpoint told.</summary>
    public void RestorePast(Baseline baseline, string? of) => (Baseline, BaselineOf, PastVersion) = (baseline, of, PastVersion + 1);

    /// <summary>Stable alone, while nothing is compared.</summary>
    public void AbsorbPast(double seconds, Counts window, UserCounts users)
    {
        Baseline.Absorb(seconds, window, users);
        PastVersion++;
    }

    /// <summary>What former rollouts learnt of the service's noise.</summary>
    public void LearnPast(ReadOnlySpan<byte> learnt)
    {
        Baseline.Learn(learnt);
        PastVersion++;
    }

    /// <summary>The ticks of a checkpoint that says only the difference were absorbed too.</summary>
    public void Advance(long ticks) => Ticks = ticks;

    /// <summary>The store has these bytes of all the evidence; empty for none, or when it is unknown whether it has them.</summary>
    /// <remarks>
    /// Where the evidence has gone on since they were made, nothing may build on them. Without routes all of it is little.
    /// </remarks>
    public void SavedAll(ReadOnlySpan<byte> saved) =>
        Whole = Judge is { Paths: not null } judge && EvidenceBytes.TicksOf(saved) == Ticks
            ? new SavedWhole(EvidenceBytes.SealOf(saved), judge, Ticks, Windows.Number, Windows.Gaps, PastVersion)
            : null;

    /// <summary>The store has one more checkpoint that says only the difference to <see cref="Whole"/>.</summary>
    public void SavedDelta() => Whole = Whole is { } whole ? whole with { Deltas = whole.Deltas + 1 } : null;

    /// <summary>
    /// The whole checkpoint, where all ticks since then are recorded, or wait to be, and nothing else has changed; else null.
    /// </summary>
    public SavedWhole? FindWhole() =>
        Whole is { } whole && whole.Judge == Judge && whole.PastVersion == PastVersion && whole.Deltas < SavedWhole.MostDeltas
            && whole.Gaps == Windows.Gaps && Windows.Number - whole.First == Ticks - whole.Ticks
            ? whole
            : null;

    /// <summary>Why evidence began anew without being asked to, once; null when it did not.</summary>
    public string? TakeBeganAnew()
    {
        var why = beganAnew;
        beganAnew = null;
        return why;
    }

    /// <summary>What the judge says about the next step; null when nothing is known. A failure stays known.</summary>
    /// <param name="state">The state of the rollout.</param>
    /// <param name="isCurrent">The newest reading is of it, and of the split in force.</param>
    public Judgement? JudgementOf(RolloutState state, bool isCurrent)
    {
        if (Judge is null || Of != state.Id) return null;
        var next = Exposures.Next(state.Plan, state.Phase);
        if (judgement is null || judgedFor != next) (judgement, judgedFor) = (Judge.Decide(next), next);
        return isCurrent || judgement.Verdict == Verdict.Fail ? judgement : null;
    }

    private void Clear() => (Judge, Cohort, Analysis, judgement, Ticks, Whole) = (null, null, null, null, 0, null);
}
