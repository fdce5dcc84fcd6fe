using System.Collections.Immutable;
using TrafficCtl.Core.Recording;

namespace TrafficCtl.Control.Replaying;

/// <summary>The ticks of a recording, each once, and what is not in it.</summary>
internal sealed class RecordedTicks(ImmutableArray<ReadOnlyMemory<byte>> pieces)
{
    /// <summary>Pieces that cannot be read.</summary>
    public int Damaged { get; private set; }

    /// <summary>Ticks that the live judge absorbed and that are not here, as far as their numbers tell.</summary>
    public long Missing { get; private set; }

    /// <summary>Counts in a tick are valid until the next one is asked for.</summary>
    public IEnumerable<RecordedTick> Read()
    {
        long next = 0, before = 0;
        foreach (var piece in pieces)
        {
            if (TickReader.Open(piece) is not { } reader)
            {
                Damaged++;
                continue;
            }

            for (var number = reader.Number; Next(reader, out var tick); number++)
            {
                if (number < next) continue;
                next = number + 1;
                if (tick.Begins is null && tick.Before != before) Missing += Math.Max(1, tick.Before - before);
                before = tick.Before + 1;
                yield return tick;
            }
        }
    }

    private bool Next(TickReader reader, out RecordedTick tick)
    {
        try
        {
            return reader.TryNext(out tick);
        }
        catch (FormatException)
        {
            Damaged++;
            tick = default;
            return false;
        }
    }
}
