using System.Buffers;
using System.Buffers.Binary;

namespace TrafficCtl.Core.Judging;

/// <summary>Writes evidence in the few shapes it has: exact doubles, and counts as variable-length integers.</summary>
internal readonly ref struct StateWriter(IBufferWriter<byte> to)
{
    public void Double(double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(to.GetSpan(sizeof(double)), value);
        to.Advance(sizeof(double));
    }

    public void Doubles(ReadOnlySpan<double> values)
    {
        foreach (var value in values) Double(value);
    }

    /// <summary>Seven bits a byte, low ones first.</summary>
    public void Count(long value)
    {
        var rest = (ulong)value;
        var span = to.GetSpan(10);
        var used = 0;
        while (rest >= 0x80)
        {
            span[used++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        span[used++] = (byte)rest;
        to.Advance(used);
    }

    /// <summary>Counts with runs of zeros folded: (zeros, value) pairs, ended by the zeros that reach the length.</summary>
    public void Sparse(ReadOnlySpan<int> counts)
    {
        long zeros = 0;
        foreach (var count in counts)
        {
            if (count == 0)
            {
                zeros++;
                continue;
            }

            Count(zeros);
            Count(count);
            zeros = 0;
        }

        Count(zeros);
    }
}
