using System.Text;
using TrafficCtl.Core.Texts;
using TrafficCtl.Daemon.Config.Reporting;

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

        var odd = IndexOfForbidden(text);
        if (odd < 0) return text;
        var place = PlaceOf(text, odd);
        report.Add(place.Line, place.Column, "", $"the character {Printable.Words(text, odd)} is not allowed", HintFor(text[odd]));
        return null;
    }

    /// <remarks>
    /// Beside controls: what breaks a line for YAML but not for a reader, so that a key hides behind a comment, and what turns
    /// the direction, so that a line is read otherwise than it is meant. Joiners and marks of scripts are allowed in comments;
    /// in values they are refused by their shape.
    /// </remarks>
    private static int IndexOfForbidden(string text)
    {
        for (var from = 0; ;)
        {
            var at = text.AsSpan(from).IndexOfAny(Forbidden);
            if (at < 0) return -1;
            at += from;
            if (text[at] != '\r' || at + 1 == text.Length || text[at + 1] != '\n') return at;
            from = at + 1;
        }
    }

    private static string? HintFor(char odd) => odd switch
    {
        '\r' => "end lines with a line feed",
        '\u0085' or '\u2028' or '\u2029' => "it breaks the line for YAML but not in an editor: remove it",
        >= '\u202A' and <= '\u2069' => "it turns the direction of the line: remove it",
        _ => null,
    };

    private static readonly System.Buffers.SearchValues<char> Forbidden = System.Buffers.SearchValues.Create(
    [
        .. Enumerable.Range(0, 0xA0).Select(static c => (char)c).Where(static c => char.IsControl(c) && c is not ('\t' or '\n')),
        '\u2028', '\u2029', '\u202A', '\u202B', '\u202C', '\u202D', '\u202E', '\u2066', '\u2067', '\u2068', '\u2069',
    ]);

    private static (int Line, int Column) PlaceOf(string text, int index)
    {
        var before = text.AsSpan(0, index);
        return (before.Count('\n') + 1, index - before.LastIndexOf('\n'));
    }
}
