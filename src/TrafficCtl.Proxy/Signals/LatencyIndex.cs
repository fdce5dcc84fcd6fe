using TrafficCtl.Core.Signals;

namespace TrafficCtl.Proxy.Signals;

/// <summary><see cref="LatencyBuckets.IndexOf"/> without a logarithm: one table look-up by the bits of the value, one comparison.</summary>
/// <remarks>
/// A cell of the table spans at most 1/64 (1.56 %) of its value, a bucket 1.64 %: so at most one edge lies in a cell, and the
/// comparison with it settles the rest. The edges are found by bisection on IndexOf itself, so that both agree on every double.
/// </remarks>
internal static class LatencyIndex
{
    private const int CellShift = 52 - 6;

    private static readonly double[] Edges = FindEdges();
    private static readonly long FirstCell = CellOf(LatencyBuckets.FirstUpperSeconds);
    private static readonly short[] LowestIn = FillCells();

    public static int Of(double seconds)
    {
        if (!(seconds > LatencyBuckets.FirstUpperSeconds)) return 0;
        var cell = CellOf(seconds) - FirstCell;
        if ((ulong)cell >= (ulong)LowestIn.Length) return LatencyBuckets.Overflow;
        int lowest = LowestIn[cell];
        return lowest < Edges.Length && seconds > Edges[lowest] ? lowest + 1 : lowest;
    }

    private static long CellOf(double seconds) => BitConverter.DoubleToInt64Bits(seconds) >> CellShift;

    /// <summary>Per finite bucket the largest double that belongs to it.</summary>
    private static double[] FindEdges()
    {
        var edges = new double[LatencyBuckets.FiniteCount];
        for (var bucket = 0; bucket < edges.Length; bucket++)
        {
            var inside = BitConverter.DoubleToInt64Bits(LatencyBuckets.UpperSeconds(bucket) * (1 - 1e-10));
            var outside = BitConverter.DoubleToInt64Bits(LatencyBuckets.UpperSeconds(bucket) * (1 + 1e-10));
            while (outside - inside > 1)
            {
                var middle = inside + ((outside - inside) / 2);
                if (LatencyBuckets.IndexOf(BitConverter.Int64BitsToDouble(middle)) <= bucket) inside = middle;
                else outside = middle;
            }

            edges[bucket] = BitConverter.Int64BitsToDouble(inside);
        }

        return edges;
    }

    private static short[] FillCells()
    {
        var last = CellOf(Edges[^1]);
        var lowest = new short[last - FirstCell + 1];
        for (var cell = 0; cell < lowest.Length; cell++)
            lowest[cell] = (short)LatencyBuckets.IndexOf(BitConverter.Int64BitsToDouble((FirstCell + cell) << CellShift));
        return lowest;
    }
}
