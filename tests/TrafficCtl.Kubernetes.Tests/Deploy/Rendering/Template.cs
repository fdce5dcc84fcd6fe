using System.Text.RegularExpressions;

namespace TrafficCtl.Kubernetes.Tests.Deploy.Rendering;

/// <summary>A part of a chart's template; the language is Go's, of which only what the chart uses is known.</summary>
internal abstract record Template
{
    private static readonly Regex Action = new(
        @"\{\{(?<before>-)?\s*(?<code>.*?)\s*(?<after>-)?\}\}", RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        TimeSpan.FromSeconds(1));

    internal sealed record Text(string Words) : Template;

    internal sealed record Output(string Pipeline) : Template;

    internal sealed record If(string Pipeline, List<Template> Then, List<Template> Else) : Template;

    internal sealed record Range(string Pipeline, List<Template> Body) : Template;

    /// <summary>Adds what is defined to <paramref name="defined"/>, and returns the rest.</summary>
    public static List<Template> Parse(string file, string text, Dictionary<string, List<Template>> defined)
    {
        var open = new Stack<(string Kind, string Of, List<Template> Into, List<Template> Else)>();
        open.Push(("file", file, [], []));
        var (at, trims) = (0, false);
        foreach (Match action in Action.Matches(text))
        {
            AddText(open.Peek().Into, text[at..action.Index], trims, action.Groups["before"].Success);
            (at, trims) = (action.Index + action.Length, action.Groups["after"].Success);
            var code = action.Groups["code"].Value;
            var word = code.Split(' ')[0];
            var rest = code[word.Length..].Trim();
            switch (word)
            {
                case "if" or "range" or "define":
                    open.Push((word, rest, [], []));
                    break;
                case "else" when rest.Length == 0 && open.Peek() is { Kind: "if" } when:
                    open.Pop();
                    open.Push(("else", when.Of, [], when.Into));
                    break;
                case "end":
                    Close(open, defined, file);
                    break;
                case "else" or "with" or "template" or "block" or "break" or "continue":
                    throw new NotSupportedException($"{file}: {{{{ {code} }}}} is not rendered here");
                default:
                    open.Peek().Into.Add(new Output(code));
                    break;
            }
        }

        AddText(open.Peek().Into, text[at..], trims, trimsEnd: false);
        return open.Count == 1
            ? open.Pop().Into
            : throw new FormatException($"{file}: {{{{ {open.Peek().Kind} {open.Peek().Of} }}}} has no end");
    }

    private static void Close(
        Stack<(string Kind, string Of, List<Template> Into, List<Template> Else)> open, Dictionary<string, List<Template>> defined,
        string file)
    {
        if (open.Count == 1) throw new FormatException($"{file}: an end too many");
        var (kind, of, body, then) = open.Pop();
        switch (kind)
        {
            case "define": defined.Add(of.Trim('"'), body); break;
            case "if": open.Peek().Into.Add(new If(of, body, [])); break;
            case "else": open.Peek().Into.Add(new If(of, then, body)); break;
            default: open.Peek().Into.Add(new Range(of, body)); break;
        }
    }

    private static void AddText(List<Template> into, string text, bool trimsStart, bool trimsEnd)
    {
        if (trimsStart) text = text.TrimStart();
        if (trimsEnd) text = text.TrimEnd();
        if (text.Contains("}}", StringComparison.Ordinal) || text.Contains("{{", StringComparison.Ordinal))
            throw new FormatException($"unpaired braces in: {text}");
        if (text.Length > 0) into.Add(new Text(text));
    }
}
