using TrafficCtl.Control.Promoting.State;

namespace TrafficCtl.Control.Promoting.Looping;

/// <summary>One pipeline under way. Owned by the promotion loop.</summary>
internal sealed class DrivenPipeline(PipelineMemory memory)
{
    public PipelineMemory Memory { get; private set; } = memory;

    /// <summary>When its next round is due, by the monotonic clock.</summary>
    public TimeSpan NextAt { get; private set; }

    /// <summary>Rounds in a row that failed.</summary>
    public int Faults { get; private set; }

    public void Ended(PipelineMemory next, TimeSpan nextAt) => (Memory, NextAt, Faults) = (next, nextAt, 0);

    /// <summary>What it holds may be half of something: it is read again.</summary>
    public void Failed(TimeSpan nextAt) => (Memory, NextAt, Faults) = (Memory with { MustLoad = true }, nextAt, Faults + 1);

    public void Take(PipelineMemory next) => (Memory, NextAt) = (next, TimeSpan.Zero);
}
