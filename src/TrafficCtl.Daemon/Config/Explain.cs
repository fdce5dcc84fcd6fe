using System.Text;

namespace TrafficCtl.Daemon.Config;

/// <summary>Every value in force and where it comes from, for a person.</summary>
public static class Explain
{
    public static string Render(Delivered delivered)
    {
        var pathWidth = delivered.Values.Max(v => v.Path.Length);
        var textWidth = Math.Min(60, delivered.Values.Max(v => v.Text.Length));
        var text = new StringBuilder();
        foreach (var value in delivered.Values)
            text.Append(value.Path.PadRight(pathWidth)).Append("  ").Append(value.Text.PadRight(textWidth)).Append("  ").Append(value.Origin).Append('\n');
        return text.ToString();
    }
}
