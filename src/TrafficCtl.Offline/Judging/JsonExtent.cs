using System.Buffers;

namespace TrafficCtl.Offline.Judging;

/// <summary>How far a value goes, whether it is one or not.</summary>
internal static class JsonExtent
{
    private static readonly SearchValues<byte> Ends = SearchValues.Create(",:[]{}\" \t\r\n"u8);

    /// <summary>Bytes of the value that <paramref name="text"/> begins with, at least 1; up to the end when it is not closed.</summary>
    public static int Of(ReadOnlySpan<byte> text)
    {
        if (text[0] == '"') return OfString(text);
        if (text[0] is not ((byte)'{' or (byte)'[')) return OfWord(text);
        var depth = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '"') i += OfString(text[i..]) - 1;
            else if (text[i] is (byte)'{' or (byte)'[') depth++;
            else if (text[i] is (byte)'}' or (byte)']' && --depth == 0) return i + 1;
        }

        return text.Length;
    }

    private static int OfString(ReadOnlySpan<byte> text)
    {
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] == '"') return i + 1;
            if (text[i] == '\\') i++;
        }

        return text.Length;
    }

    private static int OfWord(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOfAny(Ends);
        return end < 0 ? text.Length : Math.Max(1, end);
    }
}
