using System.Collections.Immutable;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Rounds.Measuring;

/// <summary>What came since the whole checkpoint of a record.</summary>
/// <param name="Delta">What the last checkpoint says.</param>
/// <param name="Pieces">The recording from its first tick on, in pieces; none where the evidence is at hand.</param>
internal sealed record EvidenceSince(EvidenceDelta Delta, ImmutableArray<ReadOnlyMemory<byte>> Pieces)
{
    /// <summary>
    /// Puts back the whole checkpoint and what came since; where a tick of that is missing or damaged, the whole checkpoint alone.
    /// </summary>
    /// <param name="record">With the whole checkpoint; of an active rollout.</param>
    /// <param name="since">Null when the last checkpoint is whole.</param>
    /// <param name="analysis">In force.</param>
    /// <param name="into">Has just begun the evidence of the rollout.</param>
    /// <returns>Null when the whole checkpoint is damaged or of another layout.</returns>
    public static EvidenceBytes.Restored? Restore(ServiceRecord record, EvidenceSince? since, Analysis analysis, Observation into)
    {
        var restored = EvidenceBytes.Restore(record.Evidence.Span, analysis, into);
        if (since is null || restored?.Judge is not { } judge) return restored;
        if (TickReplay.TryAdvance(judge, since.Delta, since.Pieces)) return EvidenceBytes.Advance(restored, since.Delta, into);
        // It may have absorbed some of them, at counters that are unknown.
        into.BeginEvidence(record.Active?.Id, record.Recorded);
        return EvidenceBytes.Restore(record.Evidence.Span, analysis, into);
    }
}
