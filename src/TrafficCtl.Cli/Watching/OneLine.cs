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
        if (Segment.CellCount(line) <= maxWidth) return [.. line, Segment.LineBreak];
        return [.. Segment.Truncate(line, maxWidth - 1), new Segment("…"), Segment.LineBreak];
    }
}
