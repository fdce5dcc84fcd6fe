using System.Buffers;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Recording;

namespace TrafficCtl.Control.Recording;

/// <summary>
/// The recorded ticks of one rollout that the store does not have yet: a few, or some minutes of them while the store is gone.
/// </summary>
internal sealed class PendingWindows
{
    /// <summary>Above it the pending ticks are given up, so that ten thousand rollouts without a store stay below 200 MB.</summary>
    public const int MostBytes = 8 * 1024;

    /// <summary>The same of ticks with fifty routes, which take some 2 KiB each.</summary>
    public const int MostBytesWithRoutes = 64 * 1024;

    /// <summary>A larger buffer is let go once it is saved: a few ticks need less.</summary>
    private const int KeptCapacity = 1024;

    private TickWriter? writer;
    private long first;

    /// <summary>Ticks that wait.</summary>
    public int Count => writer?.Count ?? 0;

    /// <summary>How often ticks were left out: what was recorded before and after does not follow.</summary>
    public int Gaps { get; private set; }

    /// <summary>The number that the next tick has in the recording.</summary>
    public long Number => first + Count;

    /// <summary>Another rollout, or the same one after a restart: nothing waits.</summary>
    /// <param name="recorded">Ticks of it that the store has.</param>
    public void Begin(long recorded)
    {
        writer?.Clear();
        first = recorded;
    }

    public void Add(in RecordedTick tick)
    {
        if (writer?.Bytes > (tick.Tick.Paths is null ? MostBytes : MostBytesWithRoutes)) Drop();
        if (writer is not null && !writer.Layout.Matches(tick.Tick.Stable.Layout))
        {
            Drop();
            writer = null;
        }

        writer ??= new TickWriter(tick.Tick.Stable.Layout);
        writer.Add(tick);
    }

    /// <summary>Gives up what waits; the numbers of the ticks go on.</summary>
    public void Drop()
    {
        if (Count > 0) Gaps++;
        Clear();
    }

    /// <summary>Writes what waits, without giving it up; null when nothing does.</summary>
    /// <returns>The piece, its data still to be set to what was written.</returns>
    public RecordedWindows? Save(IBufferWriter<byte> to)
    {
        if (writer is not { Count: > 0 }) return null;
        writer.Save(first, to);
        return new RecordedWindows(first, writer.Count, writer.From, writer.To, default);
    }

    /// <summary>The store has it. When more came since, all of it is given once more, under the same numbers.</summary>
    public void Saved(RecordedWindows? saved)
    {
        if (saved is null || saved.First != first || saved.Count != Count) return;
        Clear();
        if (writer is { Capacity: > KeptCapacity }) writer = null;
    }

    private void Clear()
    {
        first += Count;
        writer?.Clear();
    }
}
