using System.Text.Json.Nodes;
using TrafficCtl.Core.Texts;
using TrafficCtl.Daemon.Config.Reporting;

namespace TrafficCtl.Daemon.Config.Schema;

/// <summary>What a text means, or why it means nothing.</summary>
internal readonly record struct Meaning(object? Content, string? Message, string? Hint)
{
    public static Meaning Of(object content) => new(content, null, null);

    public static Meaning Wrong(string message, string? hint = null) => new(null, message, hint);
}

/// <summary>One value with a unit or a grammar of its own.</summary>
/// <param name="Json">JSON Schema accepts at least what <paramref name="Parse"/> accepts: ranges that no schema can say stay here.</param>
internal sealed record ScalarShape(string Word, Func<string, Meaning> Parse, Func<JsonObject> Json) : Shape
{
    public const int MaxLength = 2_048;

    public override string Expected => Word;

    /// <summary>The value may have several lines, as a query has.</summary>
    public bool IsBlock { get; init; }

    public override Value? Read(Node node, string path, Report report)
    {
        if (node is not Node.Scalar { IsNull: false } scalar)
        {
            if (node is Node.Map { Entries: [{ Value: Node.Scalar inner } only] }
                && Parse($"{only.Key.Text}:{inner.Text}") is { Content: not null })
                report.Add(node, path, $"expected {Word}, found a map", $"write `{only.Key.Text}:{inner.Text}`, without the space");
            else Wrong(this, node, path, report);
            return null;
        }

        if (scalar.Text.Length > MaxLength)
        {
            report.Add(node, path, $"longer than {MaxLength} characters");
            return null;
        }

        if (Printable.FirstUnprintable(scalar.Text, IsBlock) is { } odd)
        {
            report.Add(node, path, $"has the character {odd}", "remove it: a reader would not see what it does");
            return null;
        }

        var meaning = Parse(scalar.Text);
        if (meaning.Content is { } content) return new Value.Leaf(node, path, content);
        report.Add(node, path, meaning.Message ?? $"expected {Word}, found \"{Short(scalar.Text)}\"", meaning.Hint);
        return null;
    }

    public override JsonObject ToJson() => Json();

    /// <summary>An excerpt for a message, without the secrets of an address.</summary>
    internal static string Short(string text)
    {
        var shown = UrlText.WithoutSecrets(text);
        return shown.Length <= 60 ? shown : shown[..57] + "...";
    }
}
