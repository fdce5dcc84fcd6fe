using System.Buffers;
using System.Globalization;
using System.Text;

namespace TrafficCtl.Core.Texts;

/// <summary>Characters that a reader does not see as what they are: they steer a terminal, break a line or show nothing.</summary>
/// <remarks>
/// Names and reasons must not hold them; where text of others is shown they are escaped. They are: C0 and C1 controls with
/// line breaks and tabs, U+2028 and U+2029, bidirectional formatting, zero-width and invisible characters, the byte order
/// mark, U+FFFE and U+FFFF, and halves of surrogate pairs.
/// </remarks>
public static class Printable
{
    private static readonly (char First, char Last)[] Ranges =
    [
        ('\u0000', '\u001F'), ('\u007F', '\u009F'), ('\u00AD', '\u00AD'), ('\u061C', '\u061C'), ('\u180E', '\u180E'), ('\u200B', '\u200F'),
        ('\u2028', '\u202E'), ('\u2060', '\u206F'), ('\uFEFF', '\uFEFF'), ('\uFFF9', '\uFFFB'), ('\uFFFE', '\uFFFF'),
    ];

    /// <summary>Those above U+FFFF: shorthand and musical format controls, tags and further variation selectors.</summary>
    private static readonly (int First, int Last)[] Planes = [(0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)];

    /// <summary>With surrogates, which have to be looked at in pairs.</summary>
    private static readonly SearchValues<char> Suspicious =
        SearchValues.Create([.. Ranges.SelectMany(static r => Each(r.First, r.Last)), .. Each('\uD800', '\uDFFF')]);

    /// <summary>Where the first of them is, counted in UTF-16 units; -1 without one.</summary>
    public static int IndexOfUnprintable(ReadOnlySpan<char> text)
    {
        for (var at = 0; ;)
        {
            var next = text[at..].IndexOfAny(Suspicious);
            if (next < 0) return -1;
            at += next;
            var length = PairAt(text, at);
            if (length == 0) return at;
            at += length;
        }
    }

    /// <summary>All characters are seen as what they are.</summary>
    public static bool IsPrintable(ReadOnlySpan<char> text) => IndexOfUnprintable(text) < 0;

    /// <summary>The text with each of them as JSON would escape it: <c>\n</c>, <c>\t</c>, <c>\r</c>, else <c>\u202e</c>.</summary>
    /// <remarks>A backslash stays as it is, so that a JSON text means the same as before.</remarks>
    public static string Escape(string text)
    {
        var at = IndexOfUnprintable(text);
        if (at < 0) return text;
        var escaped = new StringBuilder(text.Length + 16);
        var from = 0;
        while (at >= 0)
        {
            escaped.Append(text, from, at - from);
            from = at + (IsPair(text, at) ? 2 : 1);
            foreach (var c in text.AsSpan(at, from - at)) Append(escaped, c);
            at = IndexOfUnprintable(text.AsSpan(from));
            if (at >= 0) at += from;
        }

        return escaped.Append(text, from, text.Length - from).ToString();
    }

    /// <summary>The first of them in words, such as <c>U+202E (right-to-left override)</c>; null when all is printable.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="isBlock">Line feeds and tabs are allowed: the text may have several lines.</param>
    public static string? FirstUnprintable(string text, bool isBlock = false)
    {
        for (var from = 0; ;)
        {
            var at = IndexOfUnprintable(text.AsSpan(from));
            if (at < 0) return null;
            at += from;
            if (!isBlock || text[at] is not ('\n' or '\t')) return Words(text, at);
            from = at + 1;
        }
    }

    /// <summary>The character at a place in words.</summary>
    public static string Words(string text, int at)
    {
        var code = IsPair(text, at) ? char.ConvertToUtf32(text[at], text[at + 1]) : text[at];
        return string.Create(CultureInfo.InvariantCulture, $"U+{code:X4} ({Name(code)})");
    }

    private static string Name(int code) => code switch
    {
        0 => "null",
        '\t' => "tab",
        '\n' => "line feed",
        '\r' => "carriage return",
        0x1B => "escape",
        0x7F => "delete",
        0x85 => "next line",
        0x9B => "control sequence introducer",
        < 0xA0 => "a control character",
        0xAD => "soft hyphen",
        0x61C => "Arabic letter mark",
        0x200B => "zero width space",
        0x200C => "zero width non-joiner",
        0x200D => "zero width joiner",
        0x200E => "left-to-right mark",
        0x200F => "right-to-left mark",
        0x2028 => "line separator",
        0x2029 => "paragraph separator",
        0x202A => "left-to-right embedding",
        0x202B => "right-to-left embedding",
        0x202C => "pop directional formatting",
        0x202D => "left-to-right override",
        0x202E => "right-to-left override",
        0x2060 => "word joiner",
        0x2066 => "left-to-right isolate",
        0x2067 => "right-to-left isolate",
        0x2068 => "first strong isolate",
        0x2069 => "pop directional isolate",
        0xFEFF => "byte order mark",
        >= 0xD800 and <= 0xDFFF => "half of a surrogate pair",
        0xFFFE or 0xFFFF => "not a character",
        _ => "an invisible character",
    };

    /// <summary>How many units of printable text stand here; 0 where an unprintable character does.</summary>
    private static int PairAt(ReadOnlySpan<char> text, int at)
    {
        if (!char.IsSurrogate(text[at])) return 0;
        if (at + 1 == text.Length || !char.IsSurrogatePair(text[at], text[at + 1])) return 0;
        var code = char.ConvertToUtf32(text[at], text[at + 1]);
        foreach (var (first, last) in Planes)
            if (code >= first && code <= last) return 0;
        return 2;
    }

    private static bool IsPair(string text, int at) => at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]);

    private static void Append(StringBuilder to, char c) => _ = c switch
    {
        '\n' => to.Append("\\n"),
        '\r' => to.Append("\\r"),
        '\t' => to.Append("\\t"),
        _ => to.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
    };

    private static IEnumerable<char> Each(int first, int last) => Enumerable.Range(first, last - first + 1).Select(static c => (char)c);
}
