using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace TrafficCtl.Offline.Judging;

/// <summary>Reads one JSON text (RFC 8259) from left to right. What it accepts does not depend on how the text is spelt.</summary>
/// <remarks>A method that returns false has said why in <see cref="Problem"/>. Plain numbers and names allocate nothing.</remarks>
internal ref struct JsonCursor(ReadOnlySpan<byte> text)
{
    private readonly ReadOnlySpan<byte> text = text;
    private int at;

    public string? Problem { get; private set; }

    /// <summary>What is still to be read.</summary>
    public readonly ReadOnlySpan<byte> Rest => text[at..];

    public bool Fail(string problem)
    {
        Problem ??= problem;
        return false;
    }

    /// <summary>Goes on behind bytes that are known to be a whole value.</summary>
    public void Skip(int bytes) => at += bytes;

    public void White()
    {
        while (at < text.Length && text[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n') at++;
    }

    /// <summary>Takes the character when it comes next.</summary>
    public bool Takes(char wanted)
    {
        White();
        if (at >= text.Length || text[at] != wanted) return false;
        at++;
        return true;
    }

    public bool Needs(char wanted) => Takes(wanted) || Fail($"{Found()} stands where '{wanted}' should, write one JSON object a line");

    /// <summary>Goes on to the next member or item; false at the end of the object or array, and on a problem.</summary>
    public bool Next(char close)
    {
        if (Takes(',')) return true;
        if (Takes(close)) return false;
        return Fail($"{Found()} stands where ',' or '{close}' should, write one JSON object a line");
    }

    public bool TakesNull()
    {
        White();
        if (!Rest.StartsWith("null"u8)) return false;
        at += 4;
        return true;
    }

    public bool End()
    {
        White();
        return at == text.Length || Fail($"{Found()} stands behind the object, write one JSON object a line");
    }

    public bool Flag(ReadOnlySpan<byte> name, out bool value)
    {
        White();
        value = Rest.StartsWith("true"u8);
        if (!value && !Rest.StartsWith("false"u8)) return Fail($"{Words(name)} is {Found()}, write true or false");
        at += value ? 4 : 5;
        return true;
    }

    /// <param name="value">Unescaped UTF-8.</param>
    public bool Text(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        White();
        if (at >= text.Length || text[at] != '"')
            return Fail(name.IsEmpty
                ? $"{Found()} stands where a key should, write one JSON object a line"
                : $"{Words(name)} is {Found()}, write a string");
        var start = ++at;
        var hasEscapes = false;
        for (; at < text.Length && text[at] != '"'; at++)
        {
            if (text[at] < 0x20) return Fail("a control character stands in a string, escape it");
            if (text[at] != '\\') continue;
            hasEscapes = true;
            at++;
        }

        if (at >= text.Length) return Fail("a string has no end, close it");
        value = text[start..at++];
        if (hasEscapes) return Unescape(text[(start - 1)..at], out value);
        return Utf8.IsValid(value) || Fail("a string is not UTF-8, save the file as UTF-8");
    }

    /// <summary>A finite number.</summary>
    public bool Number(ReadOnlySpan<byte> name, out double value)
    {
        value = 0;
        White();
        var length = LengthOfNumber();
        if (length == 0) return Fail($"{Words(name)} is {Found()}, write a number");
        if (!double.TryParse(text.Slice(at, length), NumberStyles.Float, CultureInfo.InvariantCulture, out value)
            || !double.IsFinite(value))
            return Fail($"{Words(name)} is {Found()}, write a number that is not so large");
        at += length;
        return true;
    }

    /// <summary>A whole number from 0 to <paramref name="most"/>, however it is spelt: 60, 60.0 and 6e1 are one.</summary>
    public bool Count(ReadOnlySpan<byte> name, long most, out long value)
    {
        White();
        var from = at;
        if (TryDigits(out value) && value <= most) return true;
        at = from;
        if (!Number(name, out var number)) return false;
        value = (long)Math.Clamp(number, 0, 1e18);
        if (number >= 0 && number <= most && value == number) return true;
        at = from;
        return Fail($"{Words(name)} is {Found()}, write a whole number from 0 to {most.ToString(CultureInfo.InvariantCulture)}");
    }

    /// <summary>Digits alone, as nearly all counts are written; false, and nothing is read, when it is anything else.</summary>
    private bool TryDigits(out long value)
    {
        value = 0;
        var i = at;
        for (; i < text.Length && (uint)(text[i] - '0') <= 9; i++) value = (value * 10) + (text[i] - '0');
        var length = i - at;
        if (length is 0 or > 18 || (length > 1 && text[at] == '0')) return false;
        if (i < text.Length && text[i] is (byte)'.' or (byte)'e' or (byte)'E') return false;
        at = i;
        return true;
    }

    /// <summary>−? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?; 0 when no number stands here.</summary>
    private readonly int LengthOfNumber()
    {
        var rest = text[at..];
        var i = rest.StartsWith("-"u8) ? 1 : 0;
        var whole = Digits(rest[i..]);
        if (whole == 0 || (whole > 1 && rest[i] == '0')) return 0;
        i += whole;
        if (i < rest.Length && rest[i] == '.')
        {
            var part = Digits(rest[(i + 1)..]);
            if (part == 0) return 0;
            i += 1 + part;
        }

        if (i < rest.Length && rest[i] is (byte)'e' or (byte)'E')
        {
            var sign = i + 1 < rest.Length && rest[i + 1] is (byte)'+' or (byte)'-' ? 1 : 0;
            var power = Digits(rest[(i + 1 + sign)..]);
            if (power == 0) return 0;
            i += 1 + sign + power;
        }

        return i;
    }

    private static int Digits(ReadOnlySpan<byte> span)
    {
        var other = span.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return other < 0 ? span.Length : other;
    }

    private bool Unescape(ReadOnlySpan<byte> quoted, out ReadOnlySpan<byte> value)
    {
        try
        {
            var reader = new Utf8JsonReader(quoted);
            reader.Read();
            value = Encoding.UTF8.GetBytes(reader.GetString() ?? "");
            return true;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            value = default;
            return Fail("a string has an escape that is none, write \\\\ for a backslash");
        }
    }

    /// <summary>The value or character that stands here and nothing behind it, for a message.</summary>
    public readonly string Found()
    {
        var rest = text[at..].TrimStart(" \t\r\n"u8);
        if (rest.IsEmpty) return "nothing";
        rest = rest[..JsonExtent.Of(rest)];
        var found = Encoding.UTF8.GetString(rest[..Math.Min(40, rest.Length)]);
        return string.Concat(found.Select(c => char.IsControl(c) ? '?' : c)) + (rest.Length > 40 ? "..." : "");
    }

    public static string Words(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name);
}
