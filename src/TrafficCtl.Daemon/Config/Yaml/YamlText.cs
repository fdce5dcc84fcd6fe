using System.Text;

namespace TrafficCtl.Daemon.Config.Yaml;

/// <summary>Bytes to text: UTF-8 only, with or without its mark, and no control characters.</summary>
internal static class YamlText
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text, or null with a problem in the report.</summary>
    public static string? Decode(ReadOnlySpan<byte> bytes, Report report)
    {
        if (bytes.StartsWith(Encoding.UTF8.Preamble)) bytes = bytes[Encoding.UTF8.Preamble.Length..];
        string text;
        try
        {
            text = Strict.GetString(bytes);
        }
        catch (DecoderFallbackException at)
        {
            var before = Encoding.UTF8.GetString(bytes[..Math.Clamp(at.Index, 0, bytes.Length)]);
            var (line, column) = PlaceOf(before, before.Length);
            report.Add(line, column, "", "the file is not UTF-8", "save it as UTF-8");
            return null;
        }

        var odd = text.AsSpan().IndexOfAny(Forbidden);
        if (odd < 0) return text;
        var place = PlaceOf(text, odd);
        report.Add(place.Line, place.Column, "", $"the control character U+{(int)text[odd]:X4} is not allowed");
        return null;
    }

    private static readonly System.Buffers.SearchValues<char> Forbidden = System.Buffers.SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Append(0x7F).Select(c => (char)c).Where(c => c is not ('\t' or '\n' or '\r'))]);

    private static (int Line, int Column) PlaceOf(string text, int index)
    {
        var before = text.AsSpan(0, index);
        return (before.Count('\n') + 1, index - before.LastIndexOf('\n'));
    }
}
