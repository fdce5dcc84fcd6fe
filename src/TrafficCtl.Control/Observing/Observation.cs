using TrafficCtl.Control.Recording;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Control.Observing;

/// <summary>What is remembered of one service between rounds. Owned by the loop.</summary>
internal sealed class Observation
{
    // The life of the counters.
    public string? Source { get; set; }

    public string? RolloutId { get; set; }

    /// <summary>Of the newest reading that moved on; null before the first.</summary>
    public DateTimeOffset? ReadAt { get; set; }

    /// <summary>Of the last round, by the clock of this process.</summary>
    public DateTimeOffset? LookedAt { get; set; }

    /// <summary>The newest reading is of the rollout that is active, and fresh.</summary>
    public bool IsCurrent { get; set; }

    // The running tick: cumulative counters at its start, as its lens shows them.
    public Lens Lens { get; set; } = Lens.StableOnly;

    /// <summary>What <see cref="Lens"/> was made of; compared by reference.</summary>
    public object? LensOf { get; set; }

    public DateTimeOffset? TickStart { get; set; }

    /// <summary>The first tick of a lens is longer by up to a tick less a second, so that the ticks of all services do not end together.</summary>
    public TimeSpan TickLength { get; set; }

    public Counts StableFrom { get; } = new();

    public Counts CandidateFrom { get; } = new();

    public (UserFlow Stable, UserFlow Candidate) FlowFrom { get; set; }

    // The evidence.
    /// <summary>Whose evidence it is; null without an active rollout.</summary>
    public string? EvidenceOf { get; set; }

    public Judge? Judge { get; set; }

    /// <summary>The cohort that <see cref="Judge"/> compares in.</summary>
    public string? JudgeCohort { get; set; }

    public Analysis? JudgeAnalysis { get; set; }

    public Baseline Baseline { get; set; } = new();

    /// <summary>The version that <see cref="Baseline"/> is the past of.</summary>
    public string? BaselineOf { get; set; }

    /// <summary>Ticks in the judge's evidence.</summary>
    public long Ticks { get; set; }

    /// <summary>Recorded ticks that the store does not have yet.</summary>
    public PendingWindows Windows { get; } = new();

    /// <summary>The evidence changed since it was last saved.</summary>
    public bool IsUnsaved { get; set; }

    /// <summary>Why evidence began anew without being asked to; told by a fact, then null.</summary>
    public string? BeganAnew { get; set; }

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
        (Resumed, LensOf) = (null, null);
        Windows.Begin(0);
    }

    /// <summary>Evidence begins anew: another population, or other tolerances.</summary>
    public void Use(Judge judge, string? cohort, Analysis analysis)
    {
        if (Judge is not null && JudgeAnalysis != analysis) BeganAnew = "the tolerances changed";
        (Judge, JudgeCohort, JudgeAnalysis, Judgement, Ticks) = (judge, cohort, analysis, null, 0);
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
}
