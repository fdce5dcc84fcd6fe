using System.Numerics;
using System.Runtime.InteropServices;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Estimates;

/// <summary>
/// A histogram that remembers a bounded number of requests: older ones fade by halving, so it stays small to keep and to save.
/// </summary>
/// <param name="most">Requests at most; a larger window counts as so many.</param>
internal sealed class LatencyShape(int most, LatencyLayout layout)
{
    // Not there before the first request: a judge has five of these, and most services are quiet.
    private int[]? counts;

    public LatencyLayout Layout => layout;

    public long Total { get; private set; }

    public ReadOnlySpan<int> Counts => counts ?? MemoryMarshal.Cast<long, int>(layout.Zeros)[..layout.Count];

    /// <summary>Absorbs what was answered, and what was abandoned as if it had been answered then.</summary>
    public void Absorb(Counts window)
    {
        Absorb(window.Times);
        if (window.Abandoned is { } abandoned) Absorb(abandoned);
    }

    public void Absorb(ReadOnlySpan<long> window)
    {
        var incoming = Tails.Sum(window);
        if (incoming <= 0) return;
        var shift = 0;
        for (; incoming > most; incoming /= 2) shift++;

        Add(window[..layout.Count], shift, counts ??= new int[layout.Count]);
        while (Total > most) Halve(counts);
    }

    private void Add(ReadOnlySpan<long> window, int shift, int[] counts)
    {
        var (high, sum, i) = (new Vector<long>(most), Vector<long>.Zero, 0);
        for (; i <= counts.Length - Vector<int>.Count; i += Vector<int>.Count)
        {
            var (first, second) = (Cut(window[i..]), Cut(window[(i + Vector<long>.Count)..]));
            (new Vector<int>(counts, i) + Vector.Narrow(first, second)).CopyTo(counts, i);
            sum += first + second;
        }

        Total += Vector.Sum(sum);
        for (; i < counts.Length; i++)
        {
            var added = (int)Math.Clamp(window[i] >> shift, 0, most);
            counts[i] += added;
            Total += added;
        }

        Vector<long> Cut(ReadOnlySpan<long> from) => Vector.Min(Vector.Max(new Vector<long>(from), Vector<long>.Zero) >>> shift, high);
    }

    public void CopyFrom(LatencyShape other)
    {
        if (other.counts is { } theirs) theirs.CopyTo(counts ??= new int[layout.Count], 0);
        else Clear();
        Total = other.Total;
    }

    public void Clear()
    {
        if (counts is not null) Array.Clear(counts);
        Total = 0;
    }

    private void Halve(int[] counts)
    {
        Total = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] >>= 1;
            Total += counts[i];
        }
    }

    public void Save(StateWriter to) => to.Sparse(Counts);

    public void Load(ref StateReader from)
    {
        var read = counts ?? new int[layout.Count];
        from.Sparse(read);
        Total = 0;
        foreach (var count in read) Total += count;
        if (Total > 0) counts = read;
    }
}
