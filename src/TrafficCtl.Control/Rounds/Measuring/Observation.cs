using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Recording;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Control.Rounds.Measuring;

/// <summary>The counters and the evidence of one target between rounds. Owned by the loop.</summary>
/// <param name="saveAt">When the evidence is first to be saved, by the monotonic clock.</param>
internal sealed class Observation(TimeSpan saveAt = default)
{
    /// <summary>A scrape or two may tell of requests before they tell of latency.</summary>
    private const int FewTicks = 3;

    // The life of the counters.
    public string? Source { get; set; }

    public string? RolloutId { get; set; }

    /// <summary>Of the newest reading that moved on; null before the first.</summary>
    public DateTimeOffset? ReadAt { get; set; }

    /// <summary>The time of day was set since <see cref="ReadAt"/>: which reading is newer is not told by its stamp.</summary>
    public bool IsClockSet { get; set; }

    /// <summary>The newest reading is of the rollout that is active, and fresh.</summary>
    public bool IsCurrent { get; set; }

    // The running tick: cumulative counters at its start, as its lens shows them.
    public Lens Lens { get; set; } = Lens.StableOnly;

    /// <summary>What <see cref="Lens"/> was made of; compared by reference.</summary>
    public object? LensOf { get; set; }

    public DateTimeOffset? TickStart { get; set; }

    /// <summary>The first tick of a lens is longer by up to a tick less a second, so that the ticks of all services do not end together.</summary>
    public TimeSpan TickLength { get; set; }

    public Counts StableFrom { get; private set; } = new(LatencyLayout.None);

    public Counts CandidateFrom { get; private set; } = new(LatencyLayout.None);

    /// <summary>When readings that lag behind reach the split in force.</summary>
    public Settling Settling { get; } = new();

    /// <summary>The newest reading is of the split in force, and of nothing before it.</summary>
    public bool IsSettled { get; set; } = true;

    /// <summary>Of the evidence; what is read is told in these buckets.</summary>
    public LatencyLayout Layout { get; set; } = LatencyLayout.None;

    public (UserFlow Stable, UserFlow Candidate) FlowFrom { get; set; }

    public GroupCounts GroupsFrom { get; } = new();

    // The evidence.
    /// <summary>Whose evidence it is; null without an active rollout.</summary>
    public string? EvidenceOf { get; set; }

    public Judge? Judge { get; set; }

    /// <summary>The cohort that <see cref="Judge"/> compares in.</summary>
    public string? JudgeCohort { get; set; }

    public Analysis? JudgeAnalysis { get; set; }

    public Baseline Baseline { get; set; } = new(LatencyLayout.None);

    /// <summary>The version that <see cref="Baseline"/> is the past of.</summary>
    public string? BaselineOf { get; set; }

    /// <summary>Ticks in the judge's evidence.</summary>
    public long Ticks { get; set; }

    /// <summary>Recorded ticks that the store does not have yet.</summary>
    public PendingWindows Windows { get; } = new();

    /// <summary>The evidence changed since it was last saved.</summary>
    public bool IsUnsaved { get; set; }

    /// <summary>When the evidence is next to be saved, by the monotonic clock.</summary>
    public TimeSpan SaveAt { get; private set; } = saveAt;

    /// <summary>Why evidence began anew without being asked to; told by a fact, then null.</summary>
    public string? BeganAnew { get; set; }

    /// <summary>There was evidence in other buckets, and none since.</summary>
    public bool IsRebucketed { get; private set; }

    /// <summary>The newest judgement; null when the evidence moved on since, or when there is none.</summary>
    public Judgement? Judgement { get; set; }

    public Weights JudgedFor { get; set; }

    // The present step.
    public int Step { get; set; } = -1;

    /// <summary>Counted requests of the step in earlier lives of the counters.</summary>
    public long StepCarried { get; set; }

    /// <summary>The counter's value where this life's part of the step begins.</summary>
    public long StepBase { get; set; }

    public long StepRequests { get; set; }

    public long StepUsers { get; set; }

    // For the views.
    public Totals Totals { get; } = new();

    /// <summary>What a restart brought back and the first reading has not met yet.</summary>
    public Resumed? Resumed { get; set; }

    /// <summary>Another rollout, or none: nothing of the last one counts for it.</summary>
    public void Forget()
    {
        (Judge, JudgeCohort, JudgeAnalysis, Judgement, Ticks, IsUnsaved) = (null, null, null, null, 0, false);
        (Step, StepCarried, StepBase, StepRequests, StepUsers) = (-1, 0, 0, 0, 0);
        (Resumed, LensOf, IsRebucketed) = (null, null, false);
        Windows.Begin(0);
    }

    /// <summary>Nothing is known yet of this rollout's evidence.</summary>
    /// <param name="rolloutId">Whose evidence it is; null without an active rollout.</param>
    /// <param name="recorded">Ticks of it that the store has.</param>
    public void BeginEvidence(string? rolloutId, long recorded)
    {
        Forget();
        EvidenceOf = rolloutId;
        Windows.Begin(recorded);
    }

    /// <summary>The store has it.</summary>
    /// <param name="rolloutId">What was saved is of this rollout; null of none.</param>
    /// <param name="windows">The recorded ticks among it; null for none.</param>
    /// <param name="next">When it is next to be saved, by the monotonic clock.</param>
    public void Saved(string? rolloutId, RecordedWindows? windows, TimeSpan next)
    {
        (IsUnsaved, SaveAt) = (false, next);
        if (rolloutId == EvidenceOf) Windows.Saved(windows);
    }

    /// <summary>Why evidence began anew without being asked to, once; null when it did not.</summary>
    public string? TakeBeganAnew()
    {
        var why = BeganAnew;
        BeganAnew = null;
        return why;
    }

    /// <summary>What the judge says about the next step; null when nothing is known. A failure stays known.</summary>
    public Judgement? JudgementOf(RolloutState state)
    {
        if (Judge is null || EvidenceOf != state.Id) return null;
        var next = Exposures.Next(state.Plan, state.Phase);
        if (Judgement is null || JudgedFor != next) (Judgement, JudgedFor) = (Judge.Decide(next), next);
        return (IsCurrent && IsSettled) || Judgement.Verdict == Verdict.Fail ? Judgement : null;
    }

    /// <summary>What the step has shown; nothing when another one is measured.</summary>
    public StepEvidence EvidenceOfStep(int step) => Step < 0 || Step != step ? default : new StepEvidence(StepRequests, StepUsers);

    /// <summary>Evidence begins anew: another population, or other tolerances.</summary>
    public void Use(Judge judge, string? cohort, Analysis analysis)
    {
        if (Judge is not null && JudgeAnalysis != analysis) BeganAnew = "the tolerances changed";
        IsRebucketed = false;
        (Judge, JudgeCohort, JudgeAnalysis, Judgement, Ticks) = (judge, cohort, analysis, null, 0);
    }

    /// <summary>The counters began anew: the running tick is lost, and what they held before is carried.</summary>
    public void Begin(Reading reading, RolloutState? active)
    {
        var totals = Totals;
        var isSameRollout = RolloutId == reading.RolloutId && Source is not null;
        var resumed = active is not null && reading.RolloutId == active.Id ? Resumed : null;
        if (resumed is not null)
        {
            // What was saved counted up to there; the same source goes on counting, another began at 0.
            var isSameSource = resumed.Source == reading.Source;
            StepBase = isSameSource ? resumed.StepAt : 0;
            totals.StableCarried = isSameSource ? resumed.Stable.All - resumed.Stable.Now : resumed.Stable.All;
            totals.CandidateCarried = isSameSource ? resumed.Candidate.All - resumed.Candidate.Now : resumed.Candidate.All;
            Resumed = null;
        }
        else if (isSameRollout)
        {
            (StepCarried, StepBase) = (StepRequests, 0);
            (totals.StableCarried, totals.CandidateCarried) = (totals.StableCarried + totals.Stable, totals.CandidateCarried + totals.Candidate);
        }
        else
        {
            (totals.StableCarried, totals.CandidateCarried) = (default, default);
        }

        Rebase();
        (Source, RolloutId) = (reading.Source, reading.RolloutId);
    }

    /// <summary>The clock was set: how long the running tick is nobody knows, so it is dropped; the counters go on.</summary>
    public void Rebase()
    {
        Totals.StableMeter.Reset();
        Totals.CandidateMeter.Reset();
        TickStart = null;
    }

    /// <summary>
    /// The counters come in these buckets. Evidence goes on in the ones that it began in as long as what is counted can be told
    /// in them.
    /// </summary>
    /// <remarks>
    /// A source that begins anew has counted no latency at first, and then that of one histogram before another's: neither says
    /// that the buckets are others than those of the evidence.
    /// </remarks>
    public void Use(LatencyLayout layout)
    {
        if (layout.IsNone || (Judge is not null && layout.Refines(Layout))) return;
        if (!Layout.IsNone && Layout.Matches(layout)) return;
        if (Judge is not null)
        {
            IsRebucketed = true;
            // What few ticks held before the first latency was counted is no loss to speak of.
            if (!Layout.IsNone) BeganAnew = "the buckets of the latency histograms changed";
            else if (Ticks > FewTicks) BeganAnew = "no latency was measured before, and now it is";
        }

        Turn(layout);
    }

    /// <summary>Whatever was counted in other buckets is dropped: nothing in these can be held against it.</summary>
    public void Turn(LatencyLayout layout)
    {
        (Layout, StableFrom, CandidateFrom, TickStart) = (layout, new Counts(layout), new Counts(layout), null);
        Baseline = Baseline.Next(layout);
        (Judge, JudgeCohort, JudgeAnalysis, Judgement, Ticks) = (null, null, null, null, 0);
    }

    /// <summary>A step's evidence is its own. Its base is the first reading while its weight is in force.</summary>
    public void Enter(int step)
    {
        (Step, StepCarried, StepBase, StepRequests, StepUsers) = (step, 0, -1, 0, 0);
        IsUnsaved = true;
    }
}

/// <summary>Where the counters stood when the evidence was saved: the same source goes on from there, another one from 0.</summary>
/// <param name="StepAt">The counter behind the step's evidence.</param>
/// <param name="Stable">The counter of this life, and the sum of all lives.</param>
/// <param name="Candidate">The same of the candidate.</param>
internal sealed record Resumed(string? Source, long StepAt, (ArmTotals Now, ArmTotals All) Stable, (ArmTotals Now, ArmTotals All) Candidate);

/// <param name="Requests">Counted requests.</param>
/// <param name="Failures">Without a cap per user.</param>
internal readonly record struct ArmTotals(long Requests, long Failures)
{
    public static ArmTotals Of(Counts counts) => new(counts.Requests, counts.Failures);

    public static ArmTotals operator +(ArmTotals left, ArmTotals right) =>
        new(left.Requests + right.Requests, left.Failures + right.Failures);

    public static ArmTotals operator -(ArmTotals left, ArmTotals right) =>
        new(left.Requests - right.Requests, left.Failures - right.Failures);
}

/// <summary>Both arms since the rollout began, over all lives of the counters, and their rates.</summary>
internal sealed class Totals
{
    public RateMeter StableMeter { get; } = new();

    public RateMeter CandidateMeter { get; } = new();

    /// <summary>Of earlier lives.</summary>
    public ArmTotals StableCarried { get; set; }

    public ArmTotals CandidateCarried { get; set; }

    /// <summary>Of this life.</summary>
    public ArmTotals Stable { get; set; }

    public ArmTotals Candidate { get; set; }

    public ArmRates StableRates { get; set; }

    public ArmRates CandidateRates { get; set; }

    public void Count(Reading reading, Scratch scratch)
    {
        scratch.Begin(reading);
        foreach (var arm in reading.Arms) scratch.Add(arm);
        var (stable, candidate) = (scratch.Stable, scratch.Candidate);
        Stable = ArmTotals.Of(stable);
        Candidate = ArmTotals.Of(candidate);
        StableRates = Rates(StableMeter, stable, Stable, StableCarried, reading.At);
        CandidateRates = Rates(CandidateMeter, candidate, Candidate, CandidateCarried, reading.At);
    }

    private static ArmRates Rates(RateMeter meter, Counts cumulative, ArmTotals now, ArmTotals carried, DateTimeOffset at)
    {
        meter.Absorb(at, cumulative, now);
        return meter.Rates(cumulative, now, carried + now, at);
    }
}
