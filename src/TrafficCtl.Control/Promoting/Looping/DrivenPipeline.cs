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

    /// <summary>It is retried; what is held is compared with the store first.</summary>
    public void Failed(PipelineMemory held, TimeSpan nextAt) =>
        (Memory, NextAt, Faults) = (held with { MustLoad = true }, nextAt, Faults + 1);

    public void Take(PipelineMemory next) => (Memory, NextAt) = (next, TimeSpan.Zero);
}
