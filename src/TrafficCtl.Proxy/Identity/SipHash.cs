using System.Buffers.Binary;
using System.Numerics;

namespace TrafficCtl.Proxy.Identity;

/// <summary>
/// SipHash-2-4 with a 128-bit tag: a keyed hash for short input. Source: Aumasson and Bernstein's reference <c>siphash.c</c>.
/// </summary>
internal static class SipHash
{
    public const int KeyBytes = 16, TagBytes = 16;

    /// <summary>
    /// Writes the tag of <paramref name="data"/> under <paramref name="key"/> (16 bytes) to <paramref name="tag"/> (16 bytes).
    /// </summary>
    public static void Tag(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> tag)
    {
        var k0 = BinaryPrimitives.ReadUInt64LittleEndian(key);
        var k1 = BinaryPrimitives.ReadUInt64LittleEndian(key[8..]);
        var state = new State(
            k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d ^ 0xee, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573);

        var rest = data;
        for (; rest.Length >= 8; rest = rest[8..]) state.Absorb(BinaryPrimitives.ReadUInt64LittleEndian(rest));
        var last = (ulong)data.Length << 56;
        for (var i = 0; i < rest.Length; i++) last |= (ulong)rest[i] << (8 * i);
        state.Absorb(last);

        BinaryPrimitives.WriteUInt64LittleEndian(tag, state.Finish(0xee, 0));
        BinaryPrimitives.WriteUInt64LittleEndian(tag[8..], state.Finish(0, 0xdd));
    }

    private struct State
    {
        private ulong v0, v1, v2, v3;

        public State(ulong v0, ulong v1, ulong v2, ulong v3) => (this.v0, this.v1, this.v2, this.v3) = (v0, v1, v2, v3);

        public void Absorb(ulong word)
        {
            v3 ^= word;
            Round();
            Round();
            v0 ^= word;
        }

        public ulong Finish(ulong into2, ulong into1)
        {
            v2 ^= into2;
            v1 ^= into1;
            for (var i = 0; i < 4; i++) Round();
            return v0 ^ v1 ^ v2 ^ v3;
        }

        private void Round()
        {
            v0 += v1;
            v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
            v0 = BitOperations.RotateLeft(v0, 32);
            v2 += v3;
            v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
            v2 = BitOperations.RotateLeft(v2, 32);
        }
    }
}
