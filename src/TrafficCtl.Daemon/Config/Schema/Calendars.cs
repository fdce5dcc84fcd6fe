using System.Globalization;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Gates;
using TrafficCtl.Daemon.Config.Reporting;

namespace TrafficCtl.Daemon.Config.Schema;

/// <summary>Hours of the week and dates, by the clocks of a time zone.</summary>
internal static class Calendars
{
    private const string WindowExample = "mon-thu 09:00-16:00 Europe/Berlin", FreezeExample = "2026-12-20..2027-01-02";

    /// <summary><c>[DAYS] [HH:MM-HH:MM] ZONE</c>.</summary>
    public static ScalarShape Window { get; } = new($"a window such as \"{WindowExample}\"", ParseWindow, Text)
    {
        Example = $"\"{WindowExample}\"",
    };

    /// <summary>
    /// <c>DATE[..DATE] [ZONE]</c>; without a zone it is of whichever zone the place says: <see cref="Frozen"/> without one.
    /// </summary>
    public static ScalarShape Freeze { get; } = new($"dates such as {FreezeExample}, with a time zone or without", ParseFreeze, Text)
    {
        Example = $"\"{FreezeExample} Europe/Berlin\"",
    };

    /// <summary>Dates whose zone may be missing.</summary>
    public sealed record Frozen(DateOnly First, DateOnly Last, string? Zone)
    {
        public FrozenDates In(string zone) => new(First, Last, Zone ?? zone);
    }

    /// <summary>What is wrong with the name of a zone; null when there is such a zone.</summary>
    public static Meaning? WhyNoZone(string name)
    {
        if (Zones.Exists(name)) return null;
        var shown = ScalarShape.Short(name);
        return Meaning.Wrong(
            $"there is no time zone \"{shown}\"",
            Suggest.DidYouMean(name, Zones.Names) ?? "use a name of the IANA database, such as Europe/Berlin or UTC");
    }

    private static Meaning ParseWindow(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var (days, from, to, at) = (0b111_1111, 0, TimeWindow.Day, 0);
        if (at < words.Length && DayNames.Parse(words[at]) is { } named) (days, at) = (named, at + 1);
        if (at < words.Length && IsTimes(words[at]))
        {
            if (ParseTimes(words[at]) is not var (first, last)) return Wrong(text);
            if (first == last)
                return Meaning.Wrong(
                    $"{words[at]} ends when it begins: it would never open", "write 00:00-24:00, or no times, for all day");
            (from, to, at) = (first, last, at + 1);
        }

        if (at == words.Length)
            return Meaning.Wrong($"\"{ScalarShape.Short(text)}\" names no time zone", $"write `\"{text.Trim()} Europe/Berlin\"`, or UTC");
        if (at != words.Length - 1) return Wrong(text);
        return WhyNoZone(words[at]) ?? Meaning.Of(new TimeWindow(days, from, to, words[at]));
    }

    private static Meaning ParseFreeze(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length is 0 or > 2) return WrongDates(text);
        var ends = words[0].Split("..");
        if (ends.Length > 2 || !TryDate(ends[0], out var first) || !TryDate(ends[^1], out var last)) return WrongDates(text);
        if (last < first) return Meaning.Wrong($"{words[0]} ends before it begins", $"write {ends[^1]}..{ends[0]}");
        if (last == DateOnly.MaxValue) return WrongDates(text);
        return words.Length == 1
            ? Meaning.Of(new Frozen(first, last, null))
            : WhyNoZone(words[1]) ?? Meaning.Of(new Frozen(first, last, words[1]));
    }

    private static bool IsTimes(string word) => word.Contains(':') && word.Contains('-');

    private static (int First, int Last)? ParseTimes(string word)
    {
        var ends = word.Split('-');
        return ends.Length == 2 && MinuteOf(ends[0]) is { } first && first < TimeWindow.Day && MinuteOf(ends[1]) is { } last
            ? (first, last == 0 && first > 0 ? TimeWindow.Day : last)
            : null;
    }

    /// <summary>0..1440.</summary>
    private static int? MinuteOf(string text)
    {
        var parts = text.Split(':');
        if (parts.Length != 2 || parts[0].Length is 0 or > 2 || parts[1].Length != 2) return null;
        if (!int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var hour)) return null;
        if (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var minute)) return null;
        return minute < 60 && (hour < 24 || (hour == 24 && minute == 0)) ? (hour * 60) + minute : null;
    }

    private static bool TryDate(string text, out DateOnly date) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out date);

    private static Meaning Wrong(string text) =>
        Meaning.Wrong($"\"{ScalarShape.Short(text)}\" is not a window", $"write days, times and a time zone: `\"{WindowExample}\"`");

    private static Meaning WrongDates(string text) =>
        Meaning.Wrong(
            $"\"{ScalarShape.Short(text)}\" is no date and no range of dates", $"write `{FreezeExample}` (the last date included)");

    private static JsonObject Text() => new() { ["type"] = "string" };
}
