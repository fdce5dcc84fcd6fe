using Spectre.Console;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Watching;

/// <summary>The newest facts, a line each.</summary>
internal static class NewsLines
{
    /// <summary>So many that a look tells what happened just now.</summary>
    public const int Few = 3;

    public static void AddTo(Picture picture, IEnumerable<Fact> newestFirst, Func<Fact, string> prefix)
    {
        var at = 0;
        foreach (var fact in newestFirst)
            picture.Add(at++ switch { 0 => Rank.News, < Few => Rank.MoreNews, _ => Rank.OlderNews }, Line(fact, prefix(fact)));
    }

    private static Paragraph Line(Fact fact, string prefix) => new Paragraph()
        .Append($"{PrintedUnits.Time(fact.At)}  {prefix}", Layout.Dim)
        .Append($"{(fact.What.Length > 0 ? fact.What : fact.Kind),-11}", Layout.Bold)
        .Append($" {TextOf(fact)}");

    /// <summary>Without the rollout's name, which the title says already.</summary>
    private static string TextOf(Fact fact)
    {
        var text = fact.Text.ReplaceLineEndings(" ");
        var end = text.StartsWith($"rollout {fact.Rollout} (", StringComparison.Ordinal)
            ? text.IndexOf("): ", StringComparison.Ordinal)
            : -1;
        return end < 0 ? text : text[(end + 3)..];
    }
}
