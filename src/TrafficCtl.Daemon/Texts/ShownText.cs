using TrafficCtl.Core.Texts;

namespace TrafficCtl.Daemon.Texts;

/// <summary>What may be shown of a text that others wrote.</summary>
public static class ShownText
{
    /// <summary>The text with each character escaped that a reader would not see as what it is: <see cref="Printable.Escape"/>.</summary>
    public static string Escape(string text) => Printable.Escape(text);

    /// <summary>A reader sees all characters as what they are.</summary>
    public static bool IsPrintable(string text) => Printable.IsPrintable(text);

    /// <summary>The first character that is not, such as <c>U+202E (right-to-left override)</c>; null without one.</summary>
    public static string? FirstUnprintable(string text) => Printable.FirstUnprintable(text);
}
