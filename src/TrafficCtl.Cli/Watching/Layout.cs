using Spectre.Console;
using Spectre.Console.Rendering;

namespace TrafficCtl.Cli.Watching;

/// <summary>How wide the parts of a picture are on a terminal of so many columns.</summary>
/// <param name="Columns">The width of the terminal, in characters.</param>
/// <param name="Label">The width of the labels at the left, in characters.</param>
internal sealed record Layout(int Columns, int Label)
{
    private const int Gap = 2;
    private const int WidestBar = 32;

    public static readonly Style Dim = new(Color.Grey);
    public static readonly Style Bold = new(decoration: Decoration.Bold);

    /// <summary>Wide enough for the labels, and never more than a quarter of a usual terminal.</summary>
    public static Layout For(int columns, IEnumerable<string> labels) =>
        new(columns, Math.Clamp(labels.Select(Cells).DefaultIfEmpty().Max(), 9, Math.Max(9, Math.Min(24, columns / 4))));

    /// <summary>What is left for a bar beside its words.</summary>
    public int Bar => Math.Clamp(Columns - Label - Gap - 34, 6, WidestBar);

    public int Text => Math.Max(10, Columns - Label - Gap);

    /// <summary>A line that begins with a label.</summary>
    public Paragraph Line(string label) => new Paragraph().Append(Pad(label, Label + Gap), Dim);

    /// <summary>Cut with an ellipsis, or filled up with spaces, to so many cells.</summary>
    public static string Pad(string text, int cells)
    {
        var cut = Cut(text, cells - Gap);
        return cut + new string(' ', Math.Max(0, cells - Cells(cut)));
    }

    public static string Cut(string text, int cells) => Cells(text) <= cells ? text : Start(text, cells - 1) + "…";

    /// <summary>As much of the beginning as takes so many cells.</summary>
    public static string Start(string text, int cells)
    {
        var end = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            cells -= Cells(rune.ToString());
            if (cells < 0) break;
            end += rune.Utf16SequenceLength;
        }

        return text[..end];
    }

    public static int Cells(string text) => new Segment(text).CellCount();

    /// <summary>At spaces, into lines of at most so many cells; a longer word stands alone and is cut at the edge.</summary>
    public static IEnumerable<string> Wrap(string text, int cells)
    {
        var line = "";
        foreach (var word in text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && Cells(line) + 1 + Cells(word) > cells)
            {
                yield return line;
                line = word;
            }
            else
            {
                line = line.Length == 0 ? word : $"{line} {word}";
            }
        }

        if (line.Length > 0) yield return line;
    }
}
