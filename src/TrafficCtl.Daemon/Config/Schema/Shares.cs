using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Daemon.Config.Schema;

/// <summary>Shares: weights of an arm, relative tolerances in percent, absolute ones in percentage points.</summary>
internal static partial class Shares
{
    [GeneratedRegex(
        "^(?<number>[0-9]{1,6}(?:\\.[0-9]{1,6})?) ?(?<unit>%|pp)?$",
        RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern { get; }

    /// <summary>0..100 percent, to a hundredth.</summary>
    public static ScalarShape Weight { get; } = new(
        "a percentage from 0 to 100", ParseWeight,
        () => new JsonObject
        {
            ["anyOf"] = new JsonArray(
                new JsonObject { ["type"] = "number", ["minimum"] = 0, ["maximum"] = 100 },
                new JsonObject { ["type"] = "string", ["pattern"] = "^[0-9]{1,3}(\\.[0-9]{1,2})? ?%?$" }),
        });

    /// <summary>Rising weights with the 100 that a rollout ends with; null when they are no such steps.</summary>
    public static ImmutableArray<string>? UpToAll(ImmutableArray<string> given)
    {
        var weights = given.Select(static text => ParseWeight(text).Content).OfType<Weights>().ToArray();
        if (weights.Length != given.Length || weights is not [{ Candidate: > 0 }, ..]) return null;
        if (weights.Zip(weights.Skip(1)).Any(static pair => pair.First >= pair.Second)) return null;
        return weights[^1] == Weights.AllCandidate ? given : [.. given, "100"];
    }

    /// <summary>A relative change, as a fraction above 0.</summary>
    public static ScalarShape Percent(decimal max) => new(
        "a percentage such as 10%", text => Parse(text, "%", max), () => Json("%"));

    /// <summary>An absolute change in percentage points, as a fraction above 0.</summary>
    public static ScalarShape Points(decimal max) => new(
        "percentage points such as 0.1pp", text => Parse(text, "pp", max), () => Json("pp"));

    /// <summary>A number strictly between the bounds.</summary>
    public static ScalarShape NumberBetween(double above, double below) => new(
        string.Create(CultureInfo.InvariantCulture, $"a number above {above} and below {below}"),
        text => Pattern.Match(text) is { Success: true } match && match.Groups["unit"].Length == 0
            && double.Parse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture) is var number && number > above
            && number < below
                ? Meaning.Of(number)
                : Meaning.Wrong(string.Create(
                    CultureInfo.InvariantCulture,
                    $"expected a number above {above} and below {below}, found \"{ScalarShape.Short(text)}\"")),
        () => new JsonObject { ["type"] = "number", ["exclusiveMinimum"] = above, ["exclusiveMaximum"] = below });

    public static string PercentText(double fraction) => Number(fraction) + "%";

    public static string PointsText(double fraction) => Number(fraction) + "pp";

    private static string Number(double fraction) => ((decimal)fraction * 100).ToString("0.######", CultureInfo.InvariantCulture);

    private static Meaning ParseWeight(string text)
    {
        if (Match(text) is not { } match || match.Groups["unit"].Value == "pp")
            return Meaning.Wrong($"expected a percentage from 0 to 100, found \"{ScalarShape.Short(text)}\"");
        var percent = decimal.Parse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture);
        if (percent > 100) return Meaning.Wrong($"{text} is outside 0..100");
        var basisPoints = percent * 100;
        return basisPoints == decimal.Truncate(basisPoints)
            ? Meaning.Of(Weights.OfCandidate((int)basisPoints))
            : Meaning.Wrong($"{text} is finer than a hundredth of a percent");
    }

    private static Meaning Parse(string text, string unit, decimal max)
    {
        if (Match(text) is not { } match)
            return Meaning.Wrong($"expected {Words(unit)}, found \"{ScalarShape.Short(text)}\"");
        var number = match.Groups["number"].Value;
        if (match.Groups["unit"].Length == 0) return Meaning.Wrong($"\"{text}\" has no unit", $"write {number}{unit}");
        if (match.Groups["unit"].Value != unit)
        {
            return Meaning.Wrong(
                unit == "pp"
                    ? $"\"{text}\" is relative, and this tolerance is absolute"
                    : $"\"{text}\" is absolute, and this tolerance is relative",
                unit == "pp" ? "write percentage points such as 0.1pp" : "write a percentage such as 10%");
        }

        var value = decimal.Parse(number, CultureInfo.InvariantCulture);
        return value <= 0 || value > max
            ? Meaning.Wrong(string.Create(CultureInfo.InvariantCulture, $"{text} must be above 0 and at most {max}{unit}"))
            : Meaning.Of((double)(value / 100));
    }

    private static Match? Match(string text) =>
        !text.EndsWith('\n') && Pattern.Match(text) is { Success: true } match ? match : null;

    private static string Words(string unit) => unit == "pp" ? "percentage points such as 0.1pp" : "a percentage such as 10%";

    private static JsonObject Json(string unit) => new() { ["type"] = "string", ["pattern"] = $"^[0-9]+(\\.[0-9]+)? ?{unit}$" };
}
