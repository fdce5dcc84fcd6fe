using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text;

namespace TrafficCtl.Core.Cohorts;

/// <summary>MurmurHash3 x86 32-bit, fed in pieces so that a salt is hashed once and not per request.</summary>
/// <remarks>Source: Austin Appleby's public-domain SMHasher reference, <c>MurmurHash3_x86_32</c>.</remarks>
[SuppressMessage("Performance", "CA1815", Justification = "The state of a hash under way; two are never compared.")]
public struct Murmur3
{
    private const uint C1 = 0xcc9e2d51, C2 = 0x1b873593;

    private uint hash;
    private uint tail;
    private int length;

    public Murmur3(uint seed) => hash = seed;

    public static uint Hash(ReadOnlySpan<byte> data, uint seed = 0)
    {
        var murmur = new Murmur3(seed);
        murmur.Append(data);
        return murmur.Finish();
    }

    public void Append(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty && (length & 3) != 0)
        {
            AppendByte(data[0]);
            data = data[1..];
        }

        for (; data.Length >= 4; data = data[4..])
        {
            Mix(BinaryPrimitives.ReadUInt32LittleEndian(data));
            length += 4;
        }

        foreach (var single in data) AppendByte(single);
    }

    /// <summary>Appends the UTF-8 bytes of the text, without a normalisation and without an allocation.</summary>
    public void AppendUtf8(ReadOnlySpan<char> text)
    {
        Span<byte> buffer = stackalloc byte[192];
        while (!text.IsEmpty)
        {
            var take = Math.Min(text.Length, 64);
            if (take < text.Length && char.IsHighSurrogate(text[take - 1])) take--;
            if (take == 0) take = 1;
            var written = Encoding.UTF8.GetBytes(text[..take], buffer);
            Append(buffer[..written]);
            text = text[take..];
        }
    }

    /// <summary>The hash of all that was appended; the instance stays usable as a prefix.</summary>
    public readonly uint Finish()
    {
        var h = hash;
        if ((length & 3) != 0) h ^= Scramble(tail);
        h ^= (uint)length;
        h = (h ^ (h >> 16)) * 0x85ebca6b;
        h = (h ^ (h >> 13)) * 0xc2b2ae35;
        return h ^ (h >> 16);
    }

    private void AppendByte(byte single)
    {
        tail |= (uint)single << (8 * (length & 3));
        length++;
        if ((length & 3) != 0) return;
        Mix(tail);
        tail = 0;
    }

    private void Mix(uint block) => hash = (BitOperations.RotateLeft(hash ^ Scramble(block), 13) * 5) + 0xe6546b64;

    private static uint Scramble(uint block) => BitOperations.RotateLeft(block * C1, 15) * C2;
}
