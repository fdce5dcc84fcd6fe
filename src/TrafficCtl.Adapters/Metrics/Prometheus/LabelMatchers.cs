using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>
/// Label matchers of PromQL, such as <c>cluster="eu-1",tenant=~"shop|pay"</c>: what is added to the selectors of
/// every query.
/// </summary>
public static class LabelMatchers
{
    /// <summary>The longest text, braces and blanks included.</summary>
    public const int MostCharacters = 4096;

    /// <summary>A metric's name is the query's own, and a bucket's bound is no place.</summary>
    private static readonly ImmutableArray<string> Reserved = ["__name__", "le"];

    /// <param name="text">In braces or without; strings in any quotes that PromQL has. Empty for none.</param>
    /// <param name="matchers">Written anew in one form, so that nothing but matchers can be in it.</param>
    /// <param name="problem">What is wrong, where, and what to write.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out string? matchers, [NotNullWhen(false)] out string? problem)
    {
        (matchers, problem) = (null, null);
        if (text.Length > MostCharacters)
        {
            problem = $"it has {text.Length} characters: write {MostCharacters} at most";
            return false;
        }

        var reader = new Reader(text);
        try
        {
            matchers = string.Join(", ", reader.All());
            return true;
        }
        catch (FormatException wrong)
        {
            var at = Math.Min(reader.At, text.Length) + 1;
            problem = $"{wrong.Message} (at character {at}): write it as cluster=\"eu-1\",tenant=~\"shop|pay\"";
            return false;
        }
    }

    private sealed class Reader(string text)
    {
        private const char End = '\0';

        public int At { get; private set; }

        private char Here => At < text.Length ? text[At] : End;

        public List<string> All()
        {
            var all = new List<string>();
            var isBraced = Take('{');
            while (Skip() && Here != '}')
            {
                all.Add(Matcher());
                if (!Take(',')) break;
            }

            if (isBraced && !Take('}')) throw new FormatException("a } is missing");
            if (Skip()) throw new FormatException(all.Count == 0 ? "a label is expected" : "a comma or the end is expected");
            return all;
        }

        private string Matcher()
        {
            var name = Name();
            if (Reserved.Contains(name)) throw new FormatException($"{name} cannot be matched: the queries choose it themselves");
            Skip();
            var how = Operator();
            Skip();
            return $"{name}{how}\"{Escape(Value())}\"";
        }

        private string Name()
        {
            var from = At;
            while (char.IsAsciiLetter(Here) || Here == '_' || (At > from && char.IsAsciiDigit(Here))) At++;
            return At > from ? text[from..At] : throw new FormatException("a label is expected");
        }

        private string Operator()
        {
            foreach (var known in (string[])["=~", "!~", "!=", "="])
            {
                if (!text.AsSpan(At).StartsWith(known)) continue;
                At += known.Length;
                return known;
            }

            throw new FormatException("one of =, !=, =~ and !~ is expected");
        }

        private string Value()
        {
            var quote = Here;
            if (quote is not ('"' or '\'' or '`')) throw new FormatException("a value in quotes is expected");
            At++;
            var value = new StringBuilder();
            while (Here != quote)
            {
                if (At >= text.Length) throw new FormatException("the quotes of a value do not end");
                if (Here == '\\' && quote != '`') Escaped(value);
                else value.Append(text[At++]);
            }

            At++;
            return value.ToString();
        }

        /// <summary>As Go has them.</summary>
        private void Escaped(StringBuilder value)
        {
            At++;
            var kind = Here;
            At++;
            switch (kind)
            {
                case 'n': value.Append('\n'); break;
                case 't': value.Append('\t'); break;
                case 'r': value.Append('\r'); break;
                case '\\' or '"' or '\'': value.Append(kind); break;
                case 'x': value.Append((char)Number(2)); break;
                case 'u': value.Append((char)Number(4)); break;
                default: throw new FormatException($"\\{(kind == End ? "" : kind)} is no escape");
            }
        }

        private int Number(int digits)
        {
            if (At + digits > text.Length
                || !int.TryParse(text.AsSpan(At, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number))
                throw new FormatException($"{digits} hexadecimal digits are expected");
            At += digits;
            return number;
        }

        private bool Take(char c)
        {
            Skip();
            if (Here != c) return false;
            At++;
            return true;
        }

        /// <summary>Blanks; false at the end.</summary>
        private bool Skip()
        {
            while (Here is ' ' or '\t' or '\n' or '\r') At++;
            return At < text.Length;
        }

        private static string Escape(string value)
        {
            var escaped = new StringBuilder(value.Length);
            foreach (var c in value)
            {
                if (c is '"' or '\\') escaped.Append('\\').Append(c);
                else if (c < ' ' || c == 0x7f) escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                else escaped.Append(c);
            }

            return escaped.ToString();
        }
    }
}
