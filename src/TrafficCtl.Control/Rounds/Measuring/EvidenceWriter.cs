using System.Buffers;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Rounds.Measuring;

/// <summary>What a commit holds of the evidence. One buffer serves all targets.</summary>
internal sealed class EvidenceWriter
{
    private readonly EvidenceBytes bytes = new();
    private readonly ArrayBufferWriter<byte> buffer = new(64 * 1024);

    public ReadOnlyMemory<byte> Evidence(Observation seen, Moment now)
    {
        buffer.ResetWrittenCount();
        bytes.Save(seen, now, buffer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The recorded ticks that the store does not have yet; null when there are none.</summary>
    public RecordedWindows? Windows(Observation seen)
    {
        buffer.ResetWrittenCount();
        return seen.Evidence.Windows.Save(buffer) is { } piece ? piece with { Data = buffer.WrittenSpan.ToArray() } : null;
    }

    /// <summary>What a rollout that ends learnt of the service's noise is the next one's to begin with.</summary>
    public ReadOnlyMemory<byte> Learnt(Observation seen)
    {
        seen.Evidence.Judge?.Teach(seen.Evidence.Baseline);
        buffer.ResetWrittenCount();
        seen.Evidence.Baseline.SaveLearnt(buffer);
        return buffer.WrittenSpan.ToArray();
    }
}
