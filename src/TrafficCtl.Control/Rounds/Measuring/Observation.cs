using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Control.Rounds.Measuring;

/// <summary>The counters and the evidence of one target between rounds. Owned by the loop.</summary>
/// <param name="saveAt">When the evidence is first to be saved, by the monotonic clock.</param>
internal sealed class Observation(TimeSpan saveAt = default)
{
    public CounterLife Life { get; } = new();

    public RunningTick Tick { get; } = new();

    public TargetEvidence Evidence { get; } = new();

    public StepCount Step { get; } = new();

    public Totals Totals { get; } = new();

    /// <summary>What a restart brought back and the first reading has not met yet.</summary>
    public Resumed? Resumed { get; private set; }

    /// <summary>The evidence changed since it was last saved.</summary>
    public bool IsUnsaved { get; private set; }

    /// <summary>When the evidence is next to be saved, by the monotonic clock.</summary>
    public TimeSpan SaveAt { get; private set; } = saveAt;

    /// <summary>What the judge says about the next step; null when nothing is known now, unless it is a failure.</summary>
    public Judgement? JudgementOf(RolloutState state) => Evidence.JudgementOf(state, Life.IsCurrent && Tick.IsSettled);

    /// <summary>Another rollout, the same one after a restart, or none: nothing of the last one counts for it.</summary>
    /// <param name="rolloutId">Whose evidence begins; null without an active rollout.</param>
    /// <param name="recorded">Ticks of it that the store has.</param>
    public void BeginEvidence(string? rolloutId, long recorded)
    {
        Evidence.Begin(rolloutId, recorded);
        Step.Forget();
        Tick.Forget();
        (Resumed, IsUnsaved) = (null, false);
    }

    /// <summary>Where the counters stood when what was restored was saved.</summary>
    public void Resume(Resumed resumed) => Resumed = resumed;

    /// <summary>The evidence changed.</summary>
    public void Change() => IsUnsaved = true;

    /// <summary>The store has it.</summary>
    /// <param name="rolloutId">What was saved is of this rollout; null of none.</param>
    /// <param name="windows">The recorded ticks among it; null for none.</param>
    /// <param name="next">When it is next to be saved, by the monotonic clock.</param>
    public void Saved(string? rolloutId, RecordedWindows? windows, TimeSpan next)
    {
        (IsUnsaved, SaveAt) = (false, next);
        if (rolloutId == Evidence.Of) Evidence.Windows.Saved(windows);
    }

    /// <summary>The counters began anew: the running tick is lost, and what they held before is carried.</summary>
    public void BeginLife(Reading reading, RolloutState? active)
    {
        if (active is not null && reading.RolloutId == active.Id && Resumed is { } resumed)
        {
            // What was saved counted up to there; the same source goes on counting, another began at 0.
            var isSameSource = resumed.Source == reading.Source;
            Step.Resume(isSameSource ? resumed.StepAt : 0);
            Totals.Resume(resumed, isSameSource);
            Resumed = null;
        }
        else
        {
            var isSameRollout = Life.RolloutId == reading.RolloutId && Life.Source is not null;
            if (isSameRollout) Step.BeginLife();
            Totals.BeginLife(isSameRollout);
        }

        Rebase();
        Life.Begin(reading);
    }

    /// <summary>The clock was set: the length of the running tick is unknown, so it is dropped; the counters go on.</summary>
    public void Rebase()
    {
        Totals.Rebase();
        Tick.Drop();
    }

    /// <summary>The counters come in these buckets.</summary>
    public void Use(LatencyLayout layout)
    {
        if (!Evidence.MustTurn(layout)) return;
        Evidence.Rebucket(layout);
        Tick.Turn(layout);
    }

    /// <summary>A checkpoint is in these buckets.</summary>
    public void Turn(LatencyLayout layout)
    {
        if (Evidence.Layout.Matches(layout)) return;
        Evidence.Turn(layout);
        Tick.Turn(layout);
    }

    /// <summary>A step's evidence is its own.</summary>
    public void Enter(int step)
    {
        Step.Enter(step);
        Change();
    }
}
