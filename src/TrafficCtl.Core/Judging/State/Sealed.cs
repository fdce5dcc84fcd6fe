using System.Buffers;
using System.Buffers.Binary;
using TrafficCtl.Core.Cohorts;

namespace TrafficCtl.Core.Judging.State;

/// <summary>Bytes with a hash in front, so that damage is noticed and never becomes evidence.</summary>
internal static class Sealed
{
    public static void Write(ReadOnlySpan<byte> body, IBufferWriter<byte> to)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(to.GetSpan(sizeof(uint)), Murmur3.Hash(body));
        to.Advance(sizeof(uint));
        to.Write(body);
    }

    public static bool TryOpen(ReadOnlySpan<byte> saved, out ReadOnlySpan<byte> body)
    {
        body = saved.Length > sizeof(uint) ? saved[sizeof(uint)..] : default;
        return !body.IsEmpty && BinaryPrimitives.ReadUInt32LittleEndian(saved) == Murmur3.Hash(body);
    }
}
