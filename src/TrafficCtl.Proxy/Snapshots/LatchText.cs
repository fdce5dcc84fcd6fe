using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Proxy.Snapshots;

/// <summary>The bytes of <c>latch.json</c>: a JSON array of two slots of a fixed length that say the same.</summary>
/// <remarks>
/// The slots are written one after the other, each over its own old bytes, so a write needs no space. A write that was cut
/// off leaves one slot whole: the old one, or the new one. A slot begins with the checksum of all that follows in it, and
/// ends with spaces.
/// </remarks>
internal static class LatchText
{
    /// <summary>Room for fifteen aborts with the longest reasons.</summary>
    public const int LeastSlot = 64 * 1024;

    private const int Page = 4096;

    /// <summary>An abort with the longest reason that the API takes.</summary>
    private const long ForOne = 4096;

    /// <summary>Services with room for that. Nobody gives as many reasons; of the rest each has room for a latch of the breaker.</summary>
    private const int WithReasons = 1_000, ForOther = 768;

    private const int MostSlot = 64 * 1024 * 1024;
    private const int Digits = 64;
    private const long MostSequence = 1L << 53;
    private static readonly byte[] Head = "{\"sha256\":\""u8.ToArray();

    /// <summary>The length of the slots for so many services with a latch each, and for what is to be written now.</summary>
    public static int SlotFor(int services, int document) =>
        (int)Math.Clamp(((Math.Max(RoomFor(services), document + (long)Page) / Page) + 1) * Page, LeastSlot, MostSlot);

    private static long RoomFor(int services) =>
        (Math.Min(services, WithReasons) * ForOne) + (Math.Max(0, services - WithReasons) * (long)ForOther);

    /// <summary>The longest file that is read: two slots of the largest kind.</summary>
    public const int MostFile = 2 * MostSlot;

    /// <summary>A slot's separator and document, without the spaces behind them; null when they do not fit.</summary>
    /// <param name="latches">To be written.</param>
    /// <param name="sequence">The sequence of this write.</param>
    /// <param name="slotBytes">The length of a slot.</param>
    /// <param name="slot">0 or 1.</param>
    public static byte[]? Slot(IEnumerable<Latch> latches, long sequence, int slotBytes, int slot)
    {
        var document = Serialize(latches, sequence, slotBytes);
        // The document's brace stands before the checksum.
        var text = new byte[1 + Head.Length + Digits + 2 + document.Length - 1];
        if (text.Length >= slotBytes) return null;
        text[0] = (byte)(slot == 0 ? '[' : ',');
        Head.CopyTo(text, 1);
        var rest = text.AsSpan(1 + Head.Length + Digits);
        "\","u8.CopyTo(rest);
        document.AsSpan(1).CopyTo(rest[2..]);
        Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(rest)), text.AsSpan(1 + Head.Length));
        return text;
    }

    /// <summary>The whole file, both slots the same; null when they do not fit.</summary>
    public static byte[]? Whole(IEnumerable<Latch> latches, long sequence, int slotBytes)
    {
        var (first, second) = (Slot(latches, sequence, slotBytes, 0), Slot(latches, sequence, slotBytes, 1));
        if (first is null || second is null) return null;
        var file = new byte[2 * slotBytes];
        file.AsSpan().Fill((byte)' ');
        first.CopyTo(file, 0);
        second.CopyTo(file, slotBytes);
        (file[slotBytes - 1], file[^1]) = ((byte)'\n', (byte)']');
        return file;
    }

    public static byte[] Serialize(IEnumerable<Latch> latches, long sequence, int slotBytes) => JsonSerializer.SerializeToUtf8Bytes(
        new LatchDocument(LatchDocument.CurrentVersion, sequence, slotBytes, [.. latches.Select(LatchRow.Of)]), LatchShape.Document);

    /// <summary>The newest whole slot; the layout before this one is read too.</summary>
    /// <exception cref="JsonException">Neither slot is whole, or it says what no latch can say.</exception>
    public static (ImmutableSortedDictionary<TargetKey, Latch> Latches, long Sequence, int SlotBytes) Read(ReadOnlySpan<byte> file)
    {
        var first = ReadSlot(file, out var why);
        var second = ReadSlot(file[Math.Min(file.Length, first?.SlotBytes ?? file.Length / 2)..], out var whySecond);
        var newest = first is null || second?.Sequence > first.Sequence ? second : first;
        if (newest is not null)
        {
            // Slots that do not lie where they say are read, and laid out anew.
            var isWhole = newest.SlotBytes >= LeastSlot && newest.SlotBytes * 2L == file.Length;
            return (newest.ToLatches(), newest.Sequence, isWhole ? newest.SlotBytes : 0);
        }

        if (ReadOld(file) is { } old) return (old, 0, 0);
        throw new JsonException($"first slot: {why}; second slot: {whySecond}");
    }

    private static LatchDocument? ReadSlot(ReadOnlySpan<byte> from, out string why)
    {
        var start = 1 + Head.Length + Digits;
        if (from.Length <= start || from[0] is not ((byte)'[' or (byte)',') || !from[1..].StartsWith(Head))
        {
            why = "it does not begin as a slot does";
            return null;
        }

        try
        {
            var reader = new Utf8JsonReader(from[1..], isFinalBlock: false, default);
            if (!reader.Read() || !reader.TrySkip())
            {
                why = "it has no end";
                return null;
            }

            var text = from.Slice(1, (int)reader.BytesConsumed);
            var found = from.Slice(1 + Head.Length, Digits);
            if (!found.SequenceEqual(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(text[(start - 1)..])))))
            {
                why = "its checksum is wrong";
                return null;
            }

            var document = JsonSerializer.Deserialize(text, LatchShape.Document);
            why = document switch
            {
                null => "it is null",
                { Version: not LatchDocument.CurrentVersion } => $"version {document.Version} is not {LatchDocument.CurrentVersion}",
                { Sequence: < 0 or > MostSequence } => $"sequence {document.Sequence} is outside 0..{MostSequence}",
                _ => "",
            };
            return why.Length == 0 ? document : null;
        }
        catch (JsonException torn)
        {
            why = torn.Message;
            return null;
        }
    }

    private static ImmutableSortedDictionary<TargetKey, Latch>? ReadOld(ReadOnlySpan<byte> file)
    {
        if (!file.TrimStart(" \t\r\n"u8).StartsWith("{"u8)) return null;
        var old = JsonSerializer.Deserialize(file, LatchJson.Default.LatchDocumentV1);
        if (old?.Version != 1) throw new JsonException($"version {old?.Version} is not known");
        return new LatchDocument(LatchDocument.CurrentVersion, 0, 0, old.Latches).ToLatches();
    }
}
