using Spectre.Console;

namespace TrafficCtl.Cli.Watching;

/// <summary>Bars of blocks.</summary>
internal static class Bars
{
    /// <summary>Filled from the left by <paramref name="fraction"/> (0..1, clamped); never empty above 0, never full below 1.</summary>
    public static Paragraph AppendTo(Paragraph line, double fraction, int width, Color color)
    {
        var filled = FilledOf(fraction, width);
        return line
            .Append(new string('█', filled), new Style(color))
            .Append(new string('░', width - filled), new Style(Color.Grey));
    }

    public static int FilledOf(double fraction, int width) =>
        double.IsNaN(fraction) || fraction <= 0 ? 0
        : fraction >= 1 ? width
        : Math.Clamp((int)Math.Round(fraction * width), 1, width - 1);
}
