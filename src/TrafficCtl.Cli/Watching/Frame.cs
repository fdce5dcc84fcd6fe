using System.Text;
using System.Text.RegularExpressions;
using Spectre.Console;
using Spectre.Console.Rendering;
using TrafficCtl.Daemon.Texts;

namespace TrafficCtl.Cli.Watching;

/// <summary>A picture as lines of text, no longer than the terminal is wide.</summary>
internal static partial class Frame
{
    [GeneratedRegex("\e\\[[0-9;]*m", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Colour { get; }

    public static string[] Lines(IRenderable picture, int columns, bool colours)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = colours ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = colours ? ColorSystemSupport.EightBit : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        console.Profile.Width = columns;
        console.Profile.Encoding = Encoding.UTF8;
        console.Profile.Capabilities.Unicode = true;
        console.Write(new Seen(picture));
        return text.ToString().ReplaceLineEndings("\n").TrimEnd('\n').Split('\n').Select(l => l.TrimEnd()).ToArray();
    }

    /// <summary>How wide a line is on the terminal: its colours take no room.</summary>
    public static int Cells(string line) => Layout.Cells(Colour.Replace(line, ""));

    /// <summary>The picture with the text of others escaped; colours are no part of its segments' text.</summary>
    private sealed class Seen(IRenderable picture) : IRenderable
    {
        public Measurement Measure(RenderOptions options, int maxWidth) => picture.Measure(options, maxWidth);

        public IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
        {
            foreach (var segment in picture.Render(options, maxWidth))
                yield return segment.IsControlCode || segment.IsLineBreak || ShownText.IsPrintable(segment.Text)
                    ? segment
                    : new Segment(ShownText.Escape(segment.Text), segment.Style);
        }
    }
}
