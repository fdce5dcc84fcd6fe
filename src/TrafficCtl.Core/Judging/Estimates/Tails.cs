using System.Numerics;
using System.Runtime.InteropServices;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Estimates;

/// <summary>Sums over a latency histogram.</summary>
internal static class Tails
{
    /// <summary>Requests that were answered or abandoned: each took as long as its bucket says, or longer.</summary>
    public static double Requests(Counts counts) =>
        Math.Max(0, Sum(counts.Times) + (counts.Abandoned is { } abandoned ? Sum(abandoned) : 0));

    public static double Sum(ReadOnlySpan<long> counts)
    {
        var vectors = MemoryMarshal.Cast<long, Vector<long>>(counts);
        var rest = counts[(vectors.Length * Vector<long>.Count)..];
        // Two sums, for an addition need not wait for the one before.
        var (even, odd) = (Vector<long>.Zero, Vector<long>.Zero);
        for (; vectors.Length >= 4; vectors = vectors[4..])
        {
            even += vectors[0] + vectors[1];
            odd += vectors[2] + vectors[3];
        }

        foreach (var vector in vectors) even += vector;
        var sum = Vector.Sum(even + odd);
        foreach (var count in rest) sum += count;
        return sum;
    }
}
