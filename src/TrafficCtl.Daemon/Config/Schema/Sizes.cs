using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TrafficCtl.Daemon.Config.Reporting;

namespace TrafficCtl.Daemon.Config.Schema;

/// <summary>Sizes in bytes: KB, MB, GB are powers of 1000, KiB, MiB, GiB of 1024.</summary>
internal static partial class Sizes
{
    [GeneratedRegex(
        "^(?<number>[0-9]{1,9}) ?(?<unit>B|KB|MB|GB|KiB|MiB|GiB)$",
        RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern { get; }

    public static ScalarShape Between(long min, long max) => new(
        "a size such as 30MB", text => Parse(text, min, max),
        () => new JsonObject { ["type"] = "string", ["pattern"] = Pattern.ToString() });

    private static Meaning Parse(string text, long min, long max)
    {
        if (text.EndsWith('\n') || Pattern.Match(text) is not { Success: true } match)
            return Meaning.Wrong($"\"{ScalarShape.Short(text)}\" is not a size", "write a whole number and B, KB, MB, GB, KiB, MiB or GiB");
        var bytes = long.Parse(
            match.Groups["number"].ValueSpan,
            CultureInfo.InvariantCulture) * SizeText.Units.First(u => u.Unit == match.Groups["unit"].Value).Bytes;
        return bytes < min || bytes > max ? Meaning.Wrong($"{text} is outside {SizeText.Of(min)}..{SizeText.Of(max)}") : Meaning.Of(bytes);
    }
}
