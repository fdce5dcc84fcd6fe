using System.Collections.Immutable;
using System.Text;

namespace TrafficCtl.Core.Runtimes;

/// <summary>A text with placeholders such as <c>{port}</c>. Braces around anything else than lower-case letters are text.</summary>
public sealed class TextTemplate
{
    private readonly ImmutableArray<(string Text, bool IsName)> parts;

    internal TextTemplate(ImmutableArray<(string Text, bool IsName)> parts) => this.parts = parts;

    /// <summary>The placeholders that it names, each once.</summary>
    public IEnumerable<string> Names => parts.Where(static p => p.IsName).Select(static p => p.Text).Distinct(StringComparer.Ordinal);

    public static TextTemplate Parse(string text)
    {
        var builder = new TemplateBuilder();
        builder.AddWithNames(text);
        return builder.Done();
    }

    /// <summary>The text with each placeholder's value in its place.</summary>
    /// <exception cref="KeyNotFoundException">A placeholder has no value: whoever parsed it did not check the names.</exception>
    public string Fill(IReadOnlyDictionary<string, string> values)
    {
        var text = new StringBuilder();
        foreach (var part in parts) text.Append(part.IsName ? values[part.Text] : part.Text);
        return text.ToString();
    }

    /// <summary>As it was written, without its quotes.</summary>
    public override string ToString() => string.Concat(parts.Select(static p => p.IsName ? $"{{{p.Text}}}" : p.Text));
}

internal sealed class TemplateBuilder
{
    private readonly ImmutableArray<(string Text, bool IsName)>.Builder parts = ImmutableArray.CreateBuilder<(string, bool)>();
    private readonly StringBuilder literal = new();

    public void AddLiteral(char character) => literal.Append(character);

    public void AddWithNames(string text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            var end = text[at] == '{' ? text.IndexOf('}', at) : -1;
            if (end > at + 1 && text.AsSpan(at + 1, end - at - 1).IndexOfAnyExceptInRange('a', 'z') < 0)
            {
                Flush();
                parts.Add((text[(at + 1)..end], true));
                at = end;
            }
            else
            {
                literal.Append(text[at]);
            }
        }
    }

    public TextTemplate Done()
    {
        Flush();
        return new TextTemplate(parts.DrainToImmutable());
    }

    private void Flush()
    {
        if (literal.Length == 0) return;
        parts.Add((literal.ToString(), false));
        literal.Clear();
    }
}
