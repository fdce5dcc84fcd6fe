using System.CommandLine;
using TrafficCtl.Cli.Invocation;

namespace TrafficCtl.Cli.Completion;

/// <summary>Answers the shells' scripts: <c>trafficctl [suggest:POSITION] "trafficctl sta"</c> prints what may stand there.</summary>
internal static class Suggestions
{
    private const string Opening = "[suggest";

    public static bool IsAsked(string[] args) => args.Length > 0 && args[0].StartsWith(Opening, StringComparison.Ordinal);

    public static int Print(string[] args, RootCommand root, Surroundings surroundings)
    {
        foreach (var word in For(PositionOf(args[0]), args.Length > 1 ? args[1] : "", root)) surroundings.Out.WriteLine(word);
        return ExitCodes.Done;
    }

    /// <param name="position">Where the cursor is in <paramref name="line"/>; null for its end.</param>
    /// <param name="line">The whole line, beginning with the program however it was called.</param>
    /// <param name="root">With every command built.</param>
    public static IEnumerable<string> For(int? position, string line, RootCommand root)
    {
        if (position < line.Length) line = line[..position.Value];
        var afterProgram = line.TrimStart();
        var space = afterProgram.IndexOf(' ', StringComparison.Ordinal);
        var rest = space < 0 ? "" : afterProgram[(space + 1)..];
        var begun = rest[(rest.LastIndexOf(' ') + 1)..];
        return root.Parse(rest).GetCompletions(rest.Length)
            .Select(c => c.InsertText ?? c.Label)
            .Where(w => w is not ("-?" or "/?" or "/h") && w.StartsWith(begun, StringComparison.Ordinal))
            .Distinct(StringComparer.Ordinal);
    }

    private static int? PositionOf(string directive) =>
        int.TryParse(directive.AsSpan(Opening.Length).Trim(":]"), out var position) && position >= 0 ? position : null;
}
