using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>Sizes of one arm's responses, of which what was long ago counts less: a half-life of ten minutes.</summary>
internal sealed class SizeShape
{
    private const double HalfLife = 600, Least = 0.001;

    private readonly float[] counts = new float[SizeBuckets.Count];
    private double factor = 1, factorSeconds;

    /// <summary>Responses, faded.</summary>
    public double Total { get; private set; }

    public void Absorb(long[]? sizes, double seconds)
    {
        if (seconds != factorSeconds) (factorSeconds, factor) = (seconds, Math.Pow(0.5, seconds / HalfLife));
        var sum = 0.0;
        for (var i = 0; i < counts.Length; i++)
        {
            var count = (float)((counts[i] * factor) + Math.Max(0, sizes?[i] ?? 0));
            counts[i] = count < Least ? 0 : count;
            sum += counts[i];
        }

        Total = sum;
    }

    /// <summary>The bucket with the median; −1 of nothing.</summary>
    public int Median()
    {
        if (Total <= 0) return -1;
        var below = 0.0;
        for (var i = 0; i < counts.Length; i++)
            if ((below += counts[i]) >= Total / 2) return i;
        return SizeBuckets.Overflow;
    }

    /// <summary>The share in the buckets up to this one, drawn a little towards a half while few are known.</summary>
    public double ShareUpTo(int bucket)
    {
        var below = 0.0;
        for (var i = 0; i <= bucket; i++) below += counts[i];
        return Math.Clamp((below + 0.5) / (Total + 50), 1e-6, 0.98);
    }

    public void Save(StateWriter to)
    {
        var least = counts.AsSpan().IndexOfAnyExcept(0);
        var span = least < 0 ? default : counts.AsSpan(least, counts.AsSpan().LastIndexOfAnyExcept(0) - least + 1);
        to.Count(span.Length);
        if (!span.IsEmpty) to.Count(least);
        foreach (var count in span) to.Float(count);
    }

    public void Load(ref StateReader from)
    {
        Array.Clear(counts);
        var length = from.Index(SizeBuckets.Count + 1);
        var least = length > 0 ? from.Index(SizeBuckets.Count - length + 1) : 0;
        Total = 0;
        for (var i = least; i < least + length; i++)
        {
            counts[i] = from.Float();
            Total += counts[i];
        }
    }
}
