using System.Buffers.Binary;
using System.Text;

namespace TrafficCtl.Core.Judging.State;

/// <summary>Reads what <see cref="StateWriter"/> wrote. What does not fit sets <see cref="Failed"/> and reads as zero.</summary>
internal ref struct StateReader(ReadOnlySpan<byte> from)
{
    private ReadOnlySpan<byte> rest = from;

    /// <summary>The layout of the bytes: what came with a later layout is not in them.</summary>
    public int Layout { get; set; }

    public bool Failed { get; private set; }

    /// <summary>Everything was read, and it fitted.</summary>
    public readonly bool IsComplete => !Failed && rest.IsEmpty;

    public double Double()
    {
        if (rest.Length < sizeof(double))
        {
            Failed = true;
            return 0;
        }

        var value = BinaryPrimitives.ReadDoubleLittleEndian(rest);
        rest = rest[sizeof(double)..];
        return value;
    }

    public float Float()
    {
        if (rest.Length < sizeof(float))
        {
            Failed = true;
            return 0;
        }

        var value = BinaryPrimitives.ReadSingleLittleEndian(rest);
        rest = rest[sizeof(float)..];
        return value;
    }

    public void Doubles(Span<double> values)
    {
        for (var i = 0; i < values.Length; i++) values[i] = Double();
    }

    public long Count()
    {
        ulong value = 0;
        for (var i = 0; i < rest.Length && i < 10; i++)
        {
            value |= (ulong)(rest[i] & 0x7f) << (7 * i);
            if (rest[i] >= 0x80) continue;
            rest = rest[(i + 1)..];
            return (long)value;
        }

        Failed = true;
        return 0;
    }

    public long Signed()
    {
        var value = Count();
        return (long)((ulong)value >> 1) ^ -(value & 1);
    }

    /// <summary>A count that must lie in 0..<paramref name="below"/>-1.</summary>
    public int Index(int below)
    {
        var value = Count();
        if (value >= 0 && value < below) return (int)value;
        Failed = true;
        return 0;
    }

    /// <summary>A text of at most so many characters.</summary>
    public string Text(int most)
    {
        var length = Index((most * 3) + 1);
        if (rest.Length < length)
        {
            Failed = true;
            return "";
        }

        var text = Encoding.UTF8.GetString(rest[..length]);
        rest = rest[length..];
        return text;
    }

    public double MostlyWhole()
    {
        var value = Count();
        return (value & 1) == 0 ? value / 2 : Double();
    }

    public void Sparse(Span<int> counts)
    {
        counts.Clear();
        var isDifference = Layout >= Judge.LayoutWithClients;
        for (var at = 0; at < counts.Length && !Failed;)
        {
            at += Index(counts.Length - at + 1);
            var values = Index(counts.Length - at + 1);
            long before = 0;
            for (var end = at + values; at < end && !Failed; at++)
            {
                var value = isDifference ? before + Signed() : Count();
                if (value is < 0 or >= int.MaxValue) Failed = true;
                else before = counts[at] = (int)value;
            }
        }
    }
}
