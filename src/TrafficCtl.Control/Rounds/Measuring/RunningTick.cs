using TrafficCtl.Core.Signals;

namespace TrafficCtl.Control.Rounds.Measuring;

/// <summary>The tick that is not over yet: where the counters stood when it began, as its lens shows them.</summary>
internal sealed class RunningTick
{
    public Lens Lens { get; private set; } = Lens.StableOnly;

    /// <summary>What <see cref="Lens"/> was made of; compared by reference.</summary>
    public object? LensOf { get; private set; }

    /// <summary>Null while none runs.</summary>
    public DateTimeOffset? Start { get; private set; }

    /// <summary>
    /// The first tick of a lens is longer by up to a tick less a second, so that the ticks of all services do not end together.
    /// </summary>
    public TimeSpan Length { get; private set; }

    public Counts StableFrom { get; private set; } = new(LatencyLayout.None);

    public Counts CandidateFrom { get; private set; } = new(LatencyLayout.None);

    public (UserFlow Stable, UserFlow Candidate) FlowFrom { get; private set; }

    public GroupCounts GroupsFrom { get; } = new();

    /// <summary>When readings that lag behind reach the split in force.</summary>
    public Settling Settling { get; } = new();

    /// <summary>The newest reading is of the split in force, and of nothing before it.</summary>
    public bool IsSettled { get; private set; } = true;

    public void Look(Lens lens, object? cause) => (Lens, LensOf) = (lens, cause);

    /// <summary>The lens is the one of this phase too.</summary>
    public void Keep(object? cause) => LensOf = cause;

    /// <summary>Another rollout, or none: the next reading chooses the lens.</summary>
    public void Forget() => LensOf = null;

    public void Settle(bool isSettled) => IsSettled = isSettled;

    /// <summary>What it held is lost.</summary>
    public void Drop() => Start = null;

    /// <summary>The counters come in other buckets.</summary>
    public void Turn(LatencyLayout layout) => (StableFrom, CandidateFrom, Start) = (new Counts(layout), new Counts(layout), null);

    public void Begin(Reading reading, TimeSpan length, Scratch scratch)
    {
        (Start, Length) = (reading.At, length);
        FlowFrom = (reading.StableFlow, reading.CandidateFlow);
        StableFrom.CopyFrom(scratch.Stable);
        CandidateFrom.CopyFrom(scratch.Candidate);
        scratch.KeepGroups(GroupsFrom);
    }
}
