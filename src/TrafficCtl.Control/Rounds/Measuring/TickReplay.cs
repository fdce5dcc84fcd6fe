using System.Collections.Immutable;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Recording;

namespace TrafficCtl.Control.Rounds.Measuring;

/// <summary>Takes a restored judge over the ticks that were recorded after its checkpoint.</summary>
internal static class TickReplay
{
    /// <param name="judge">As the whole checkpoint says; of no use afterwards when the result is false.</param>
    /// <param name="delta">Which ticks.</param>
    /// <param name="pieces">The pieces of the recording, oldest first; one may repeat ticks of an earlier one.</param>
    /// <returns>False when one of them is missing or damaged, or does not follow the one before.</returns>
    public static bool TryAdvance(Judge judge, EvidenceDelta delta, ImmutableArray<ReadOnlyMemory<byte>> pieces)
    {
        var (next, end) = (delta.First, delta.First + delta.Count);
        foreach (var piece in pieces)
        {
            if (next == end) break;
            if (TickReader.Open(piece) is not { } reader) return false;
            if (reader.Number > next) return false;
            if (!TryAbsorb(judge, reader, delta, ref next, end)) return false;
        }

        return next == end;
    }

    private static bool TryAbsorb(Judge judge, TickReader reader, EvidenceDelta delta, ref long next, long end)
    {
        try
        {
            for (var number = reader.Number; next < end && reader.TryNext(out var tick); number++)
            {
                if (number < next) continue;
                if (tick.Begins is not null || tick.Before != delta.Before + (next - delta.First)) return false;
                TickFeeder.Give(judge, tick.Comparison, tick.Tick);
                next++;
            }

            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
