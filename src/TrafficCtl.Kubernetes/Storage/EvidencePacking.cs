using System.Buffers.Binary;
using System.IO.Compression;

namespace TrafficCtl.Kubernetes.Storage;

/// <summary>A checkpoint as text: its size, then the bytes compressed, in base64.</summary>
internal static class EvidencePacking
{
    /// <summary>The longest text.</summary>
    public const int Most = 64 * 1024;

    private const int Quality = 4, Window = 18, MostBytes = 4 << 20;

    /// <summary>Null when it is longer than <see cref="Most"/>.</summary>
    public static string? Pack(ReadOnlySpan<byte> evidence)
    {
        var packed = new byte[sizeof(int) + BrotliEncoder.GetMaxCompressedLength(evidence.Length)];
        BinaryPrimitives.WriteInt32LittleEndian(packed, evidence.Length);
        if (!BrotliEncoder.TryCompress(evidence, packed.AsSpan(sizeof(int)), out var written, Quality, Window))
            throw new InvalidOperationException($"{evidence.Length} bytes of evidence did not fit into {packed.Length}.");
        var text = Convert.ToBase64String(packed.AsSpan(0, sizeof(int) + written));
        return text.Length <= Most ? text : null;
    }

    /// <summary>Empty when the text is missing or damaged: evidence then starts anew.</summary>
    public static byte[] Unpack(string? text)
    {
        var packed = new byte[((text?.Length ?? 0) * 3 / 4) + 3];
        if (text is null || !Convert.TryFromBase64String(text, packed, out var length) || length < sizeof(int)) return [];
        var size = BinaryPrimitives.ReadInt32LittleEndian(packed);
        if (size is < 0 or > MostBytes) return [];
        var evidence = new byte[size];
        return BrotliDecoder.TryDecompress(packed.AsSpan(sizeof(int), length - sizeof(int)), evidence, out var read) && read == size
            ? evidence
            : [];
    }
}
