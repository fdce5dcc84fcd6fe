using Spectre.Console.Rendering;

namespace TrafficCtl.Cli.Watching;

/// <summary>A text that is cut at the terminal's edge instead of wrapped.</summary>
internal sealed class OneLine(IRenderable whole) : IRenderable
{
    private const int Unwrapped = 10_000;

    public Measurement Measure(RenderOptions options, int maxWidth) => new(1, Math.Min(maxWidth, whole.Measure(options, Unwrapped).Max));

    public IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        var line = whole.Render(options, Unwrapped).Where(s => !s.IsLineBreak).ToList();
        return Segment.CellCount(line) <= maxWidth
            ? [.. line, Segment.LineBreak]
            : [.. Cut(line, maxWidth - 1), new Segment("…"), Segment.LineBreak];
    }

    /// <summary>Inside a word too: the beginning of a name tells more than nothing of it.</summary>
    private static IEnumerable<Segment> Cut(List<Segment> line, int cells)
    {
        foreach (var segment in line)
        {
            var width = segment.CellCount();
            if (width > cells)
            {
                yield return new Segment(Layout.Start(segment.Text, cells), segment.Style);
                yield break;
            }

            yield return segment;
            cells -= width;
        }
    }
}
