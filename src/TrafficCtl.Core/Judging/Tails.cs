using System.Numerics;
using System.Runtime.InteropServices;

namespace TrafficCtl.Core.Judging;

/// <summary>Sums over a latency histogram.</summary>
internal static class Tails
{
    public static double Sum(ReadOnlySpan<long> counts)
    {
        var vectors = MemoryMarshal.Cast<long, Vector<long>>(counts);
        var sums = Vector<long>.Zero;
        foreach (var vector in vectors) sums += vector;
        var sum = Vector.Sum(sums);
        foreach (var count in counts[(vectors.Length * Vector<long>.Count)..]) sum += count;
        return sum;
    }
}
