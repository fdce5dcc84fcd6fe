using TrafficCtl.Core.Signals;

namespace TrafficCtl.Control.Rounds.Measuring;

/// <summary>The life of a target's counters: they begin at 0 with their source, and with each rollout.</summary>
internal sealed class CounterLife
{
    /// <summary>Null before the first reading.</summary>
    public string? Source { get; private set; }

    public string? RolloutId { get; private set; }

    /// <summary>When the newest reading that moved on was taken; null before the first.</summary>
    public DateTimeOffset? ReadAt { get; private set; }

    /// <summary>The time of day was set since <see cref="ReadAt"/>: which reading is newer is not told by its stamp.</summary>
    public bool IsClockSet { get; private set; }

    /// <summary>The newest reading is of the rollout that is active, and fresh.</summary>
    public bool IsCurrent { get; private set; }

    /// <summary>The reading is older than the newest one of the same source.</summary>
    public bool IsOutrun(Reading reading) => ReadAt > reading.At && Source == reading.Source && !IsClockSet;

    /// <summary>The reading is the newest one once more.</summary>
    public bool StandsStill(Reading reading) => (ReadAt, Source, RolloutId) == (reading.At, reading.Source, reading.RolloutId);

    /// <summary>The reading is of these counters, and not of others that began anew.</summary>
    public bool GoesOn(Reading reading) => (Source, RolloutId) == (reading.Source, reading.RolloutId);

    public void ClockWasSet() => IsClockSet = true;

    /// <summary>Nothing new was read.</summary>
    public void Stay(bool isCurrent) => IsCurrent = isCurrent;

    public void Begin(Reading reading) => (Source, RolloutId) = (reading.Source, reading.RolloutId);

    public void Move(Reading reading, bool isCurrent) => (ReadAt, IsClockSet, IsCurrent) = (reading.At, false, isCurrent);
}
