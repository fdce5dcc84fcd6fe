using System.Collections.Immutable;
using System.Text;
using TrafficCtl.Core.Texts;
using TrafficCtl.Daemon.Config.Reporting;

namespace TrafficCtl.Daemon.Config;

/// <summary>Every value in force and where it comes from, for a person.</summary>
public static class Explain
{
    /// <param name="effective">Those of one service or pipeline; at least one.</param>
    public static string Render(ImmutableArray<EffectiveValue> effective)
    {
        // A value of several lines is one line here.
        var values = effective.Select(v => (Path: Printable.Escape(v.Path), Text: Printable.Escape(v.Text), v.Origin)).ToList();
        var pathWidth = values.Max(v => v.Path.Length);
        var textWidth = Math.Min(60, values.Max(v => v.Text.Length));
        var text = new StringBuilder();
        foreach (var value in values)
        {
            text.Append(value.Path.PadRight(pathWidth)).Append("  ").Append(value.Text.PadRight(textWidth)).Append("  ")
                .Append(Printable.Escape($"{value.Origin}")).Append('\n');
        }

        return text.ToString();
    }
}
