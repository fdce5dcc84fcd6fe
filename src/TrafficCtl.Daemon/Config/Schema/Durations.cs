using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TrafficCtl.Daemon.Config.Schema;

/// <summary>Durations: a whole number and one unit (250ms, 5s, 2m, 1h, 1d, 1w); <c>0</c> needs none.</summary>
internal static partial class Durations
{
    private static readonly (string Unit, long Milliseconds)[] Units =
        [("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

    [GeneratedRegex("^(?<number>[0-9]{1,12})(?<unit>ms|s|m|h|d|w)$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern { get; }

    public static ScalarShape Between(TimeSpan min, TimeSpan max) => new(
        $"a duration such as {Text(Example(min, max))}", text => Parse(text, min, max), () => Json(min));

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text == "0") return true;
        if (text.EndsWith('\n') || Pattern.Match(text) is not { Success: true } match) return false;
        var unit = Units.First(u => u.Unit == match.Groups["unit"].Value).Milliseconds;
        var number = long.Parse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture);
        if (number > TimeSpan.MaxValue.TotalMilliseconds / unit / 2) return false;
        duration = TimeSpan.FromMilliseconds(number * unit);
        return true;
    }

    /// <summary>The shortest way to write it.</summary>
    public static string Text(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero) return "0";
        var milliseconds = (long)duration.TotalMilliseconds;
        var (unit, size) = Units.First(u => milliseconds % u.Milliseconds == 0);
        return string.Create(CultureInfo.InvariantCulture, $"{milliseconds / size}{unit}");
    }

    private static Meaning Parse(string text, TimeSpan min, TimeSpan max)
    {
        if (!TryParse(text, out var duration))
        {
            var isBare = text.All(char.IsAsciiDigit);
            return Meaning.Wrong($"\"{ScalarShape.Short(text)}\" is not a duration", isBare
                ? $"add a unit: {text}s"
                : "write a whole number and ms, s, m, h, d or w");
        }

        return duration < min || duration > max
            ? Meaning.Wrong($"{text} is outside {Text(min)}..{Text(max)}")
            : Meaning.Of(duration);
    }

    private static TimeSpan Example(TimeSpan min, TimeSpan max)
    {
        var usual = TimeSpan.FromSeconds(5);
        return usual < min ? min : usual > max ? max : usual;
    }

    private static JsonObject Json(TimeSpan min)
    {
        var text = new JsonObject
        {
            ["type"] = "string",
            ["pattern"] = min == TimeSpan.Zero ? "^(0|[0-9]+(ms|s|m|h|d|w))$" : "^[0-9]+(ms|s|m|h|d|w)$",
        };
        return min > TimeSpan.Zero ? text : new JsonObject { ["anyOf"] = new JsonArray(text, new JsonObject { ["const"] = 0 }) };
    }
}
