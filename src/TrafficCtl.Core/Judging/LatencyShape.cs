using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging;

/// <summary>A histogram that remembers a bounded number of requests: older ones fade by halving, so it stays small to keep and to save.</summary>
/// <param name="most">Requests at most; a larger window counts as so many.</param>
internal sealed class LatencyShape(int most, LatencyLayout layout)
{
    private readonly int[] counts = new int[layout.Count];

    public LatencyLayout Layout => layout;

    public long Total { get; private set; }

    public ReadOnlySpan<int> Counts => counts;

    public void Absorb(ReadOnlySpan<long> window)
    {
        var incoming = Tails.Sum(window);
        if (incoming <= 0) return;
        var shift = 0;
        for (; incoming > most; incoming /= 2) shift++;

        for (var i = 0; i < counts.Length; i++)
        {
            if (window[i] <= 0) continue;
            var added = (int)Math.Min(window[i] >> shift, most);
            counts[i] += added;
            Total += added;
        }

        while (Total > most) Halve();
    }

    public void CopyFrom(LatencyShape other)
    {
        other.counts.CopyTo(counts, 0);
        Total = other.Total;
    }

    public void Clear()
    {
        Array.Clear(counts);
        Total = 0;
    }

    private void Halve()
    {
        Total = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] >>= 1;
            Total += counts[i];
        }
    }

    public void Save(StateWriter to) => to.Sparse(counts);

    public void Load(ref StateReader from)
    {
        from.Sparse(counts);
        Total = 0;
        foreach (var count in counts) Total += count;
    }
}
