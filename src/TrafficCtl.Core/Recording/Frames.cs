using TrafficCtl.Core.Judging.State;

namespace TrafficCtl.Core.Recording;

/// <summary>What a frame holds besides both arms' counts.</summary>
[Flags]
internal enum FrameParts
{
    None = 0,
    Begins = 1,
    Context = 2,
    Users = 4,
    Flow = 8,
    Metrics = 16,
    Placebos = 32,

    /// <summary>A length in seconds that is no whole number of 100 ns.</summary>
    RawSeconds = 64,

    /// <summary>The number of ticks before it does not follow from the frame before.</summary>
    Before = 128,

    /// <summary>Nobody asked for the weights.</summary>
    SplitGuessed = 256,

    RequestsAssigned = 512,

    /// <summary>Users with a request, and their squares.</summary>
    Activity = 1024,

    /// <summary>Requests that were abandoned while the proxy waited; since version 3.</summary>
    Waits = 2048,

    /// <summary>Requests of users beyond their third failure; this and what follows since version 4.</summary>
    Excess = 4096,

    /// <summary>Nothing is capped per user.</summary>
    Uncapped = 8192,

    /// <summary>The user with most failures.</summary>
    TopUser = 16384,

    /// <summary>Client errors by status, capped per user; this and what follows since version 5.</summary>
    ClientErrors = 32768,

    /// <summary>Sizes of responses.</summary>
    Sizes = 65536,

    /// <summary>Counts by route group.</summary>
    Paths = 131072,

    /// <summary>The user with most client errors; since version 6.</summary>
    TopClient = 262144,
    All = 524287,
}

/// <summary>Shapes beside those of <see cref="StateWriter"/>.</summary>
internal static class Frames
{
    public static bool Has(this FrameParts parts, FrameParts part) => (parts & part) != FrameParts.None;

    /// <summary>Small numbers of either sign in few bytes.</summary>
    public static void Signed(this StateWriter to, long value) => to.Count((value << 1) ^ (value >> 63));

    /// <summary>What changed of a double: 1 byte when nothing did.</summary>
    public static void Changed(this StateWriter to, double value, double before) =>
        to.Count((long)System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(
            BitConverter.DoubleToUInt64Bits(value) ^ BitConverter.DoubleToUInt64Bits(before)));
}

/// <summary>Reads frames. What does not fit sets <see cref="Failed"/> and reads as zero.</summary>
internal ref struct FrameReader(ReadOnlySpan<byte> from)
{
    private readonly ReadOnlySpan<byte> from = from;

    public int Position { get; private set; }

    public bool Failed { get; private set; }

    public readonly bool IsAtEnd => Position == from.Length;

    public long Count()
    {
        ulong value = 0;
        for (var i = 0; i < 10 && Position + i < from.Length; i++)
        {
            var part = from[Position + i];
            value |= (ulong)(part & 0x7f) << (7 * i);
            if (part >= 0x80) continue;
            Position += i + 1;
            return (long)value;
        }

        Failed = true;
        return 0;
    }

    public long Signed()
    {
        var value = (ulong)Count();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A count that must lie in 0..<paramref name="below"/>-1.</summary>
    public int Index(int below)
    {
        var value = Count();
        if (value >= 0 && value < below) return (int)value;
        Failed = true;
        return 0;
    }

    public double Changed(double before) => BitConverter.UInt64BitsToDouble(
        System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((ulong)Count()) ^ BitConverter.DoubleToUInt64Bits(before));

    public double Double()
    {
        var bytes = Bytes(sizeof(double));
        return bytes.IsEmpty ? 0 : System.Buffers.Binary.BinaryPrimitives.ReadDoubleLittleEndian(bytes);
    }

    public ReadOnlySpan<byte> Bytes(int length)
    {
        if (length < 0 || length > from.Length - Position)
        {
            Failed = true;
            return default;
        }

        Position += length;
        return from.Slice(Position - length, length);
    }

    /// <summary>A length and so many bytes.</summary>
    public ReadOnlySpan<byte> Part() => Bytes(Index(from.Length - Position + 1));
}
