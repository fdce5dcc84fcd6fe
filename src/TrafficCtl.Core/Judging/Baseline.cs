using System.Buffers;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging;

/// <summary>The stable arm's recent past, at most an hour: it steers the bets, and stands in (frozen) when no concurrent stable arm is left.</summary>
public sealed class Baseline
{
    /// <summary>Absorbs one window of the stable arm.</summary>
    public void Absorb(double seconds, Counts stable, UserCounts users) => throw new NotSupportedException("shell");

    public void Save(IBufferWriter<byte> to) => throw new NotSupportedException("shell");

    public static Baseline? Restore(ReadOnlySpan<byte> saved) => throw new NotSupportedException("shell");
}
