namespace TrafficCtl.Control.Rounds.Measuring;

/// <summary>
/// What a checkpoint says beside the whole one before it: where the counters stood, and which recorded ticks the judge absorbed since.
/// </summary>
/// <remarks>
/// The ticks are saved in the same transaction anyway, as windows, and a judge that absorbs them again is the same to the last bit. So
/// nothing of a judge's many numbers, which nearly all change with every tick, is written twice in ten seconds.
/// </remarks>
/// <param name="Numbers">As <see cref="EvidenceBytes"/> orders them.</param>
/// <param name="Source">The source of the counters.</param>
/// <param name="Elapsed">The rollout's elapsed time.</param>
/// <param name="First">The number of the first tick in the recording.</param>
/// <param name="Before">Ticks in the whole checkpoint.</param>
internal sealed record EvidenceDelta(long[] Numbers, string? Source, TimeSpan Elapsed, long First, long Before)
{
    /// <summary>Ticks in the judge's evidence after them.</summary>
    public long Ticks => Numbers[EvidenceBytes.TicksAt];

    /// <summary>Ticks to absorb.</summary>
    public long Count => Ticks - Before;
}
