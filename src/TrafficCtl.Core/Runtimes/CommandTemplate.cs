using System.Collections.Immutable;
using System.Text;

namespace TrafficCtl.Core.Runtimes;

/// <summary>The command of a file, split into words. No shell reads it: no variables, wildcards, pipes or redirections.</summary>
/// <remarks>
/// Blanks end a word. <c>'…'</c> is taken as it stands, placeholders included; <c>"…"</c> keeps blanks, and <c>\"</c> and <c>\\</c> are
/// the character; outside quotes <c>\</c> takes the next character as it stands. Placeholders are filled after the split, so that a
/// value with blanks stays one word.
/// </remarks>
public sealed class CommandTemplate
{
    /// <summary>What a command may name.</summary>
    public static readonly ImmutableArray<string> KnownNames = ["artifact", "environment", "port", "service", "slot", "version"];

    private const int LongestText = 32 * 1024;

    private readonly string text;

    private CommandTemplate(string text, ImmutableArray<TextTemplate> words) => (this.text, Words) = (text, words);

    /// <summary>The program and its arguments; at least one.</summary>
    public ImmutableArray<TextTemplate> Words { get; }

    /// <returns>The command, or what is wrong with the text, in a sentence to follow its name.</returns>
    public static (CommandTemplate? Command, string? Problem) Parse(string text)
    {
        if (text.Length > LongestText) return (null, $"has {text.Length} characters; {LongestText} are allowed");
        if (text.AsSpan().IndexOfAny('\0', '\n', '\r') >= 0) return (null, "has a line break or a NUL; write it on one line");
        var words = ImmutableArray.CreateBuilder<TextTemplate>();
        for (var at = 0; at < text.Length;)
        {
            if (text[at] is ' ' or '\t')
            {
                at++;
                continue;
            }

            var word = new TemplateBuilder();
            if (ReadWord(text, ref at, word) is { } problem) return (null, problem);
            words.Add(word.Done());
        }

        if (words.Count == 0) return (null, "is empty; write a program and its arguments, such as \"{artifact} --port {port}\"");
        var unknown = words.SelectMany(static w => w.Names).FirstOrDefault(static n => !KnownNames.Contains(n));
        return unknown is null
            ? (new CommandTemplate(text, words.DrainToImmutable()), null)
            : (null, $"names {{{unknown}}}, which has no value; there are {Listed()}; in single quotes it is taken as it stands");
    }

    /// <summary>The words with the placeholders' values in their places.</summary>
    public ImmutableArray<string> Fill(IReadOnlyDictionary<string, string> values) => [.. Words.Select(w => w.Fill(values))];

    public override string ToString() => text;

    private static string Listed() => string.Join(", ", KnownNames.Select(static n => $"{{{n}}}"));

    private static string? ReadWord(string text, ref int at, TemplateBuilder word)
    {
        var plain = new StringBuilder();
        for (; at < text.Length && text[at] is not (' ' or '\t'); at++)
        {
            switch (text[at])
            {
                case '\'':
                    Flush(plain, word);
                    var close = text.IndexOf('\'', at + 1);
                    if (close < 0) return "has a single quote that is not closed";
                    foreach (var character in text.AsSpan(at + 1, close - at - 1)) word.AddLiteral(character);
                    at = close;
                    break;
                case '"':
                    if (!ReadQuoted(text, ref at, plain)) return "has a double quote that is not closed";
                    break;
                case '\\' when at + 1 < text.Length:
                    Flush(plain, word);
                    word.AddLiteral(text[++at]);
                    break;
                case '\\':
                    return "ends with a backslash, which takes the next character as it stands";
                default:
                    plain.Append(text[at]);
                    break;
            }
        }

        Flush(plain, word);
        return null;
    }

    private static bool ReadQuoted(string text, ref int at, StringBuilder plain)
    {
        for (at++; at < text.Length; at++)
        {
            if (text[at] == '"') return true;
            if (text[at] == '\\' && at + 1 < text.Length && text[at + 1] is ('"' or '\\')) at++;
            plain.Append(text[at]);
        }

        return false;
    }

    private static void Flush(StringBuilder plain, TemplateBuilder word)
    {
        word.AddWithNames(plain.ToString());
        plain.Clear();
    }
}
