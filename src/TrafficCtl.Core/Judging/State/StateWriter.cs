using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace TrafficCtl.Core.Judging.State;

/// <summary>Writes evidence in the few shapes it has: exact doubles, and counts as variable-length integers.</summary>
internal readonly ref struct StateWriter(IBufferWriter<byte> to)
{
    public void Double(double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(to.GetSpan(sizeof(double)), value);
        to.Advance(sizeof(double));
    }

    public void Float(float value)
    {
        BinaryPrimitives.WriteSingleLittleEndian(to.GetSpan(sizeof(float)), value);
        to.Advance(sizeof(float));
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

    /// <summary>Its length in bytes of UTF-8, and those.</summary>
    public void Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Count(bytes.Length);
        to.Write(bytes);
    }

    /// <summary>Small numbers of either sign in few bytes.</summary>
    public void Signed(long value) => Count((value << 1) ^ (value >> 63));

    /// <summary>A number that mostly is whole: twice its value then, otherwise a one and the exact double.</summary>
    public void MostlyWhole(double value)
    {
        if (value is >= 0 and < 1L << 52 && value == Math.Floor(value))
        {
            Count((long)value * 2);
            return;
        }

        Count(1);
        Double(value);
    }

    /// <summary>Counts in runs: (zeros, values, how each value differs from the one before it), until the length is reached.</summary>
    public void Sparse(ReadOnlySpan<int> counts)
    {
        while (!counts.IsEmpty)
        {
            var zeros = counts.IndexOfAnyExcept(0);
            if (zeros < 0) zeros = counts.Length;
            Count(zeros);
            counts = counts[zeros..];
            var values = counts.IndexOf(0);
            if (values < 0) values = counts.Length;
            Count(values);
            var before = 0;
            foreach (var value in counts[..values])
            {
                Signed(value - before);
                before = value;
            }

            counts = counts[values..];
        }
    }
}
