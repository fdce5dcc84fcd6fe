using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Telemetry;

/// <summary>One sample as a strict reader sees it.</summary>
internal sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>A strict reader of the text format 0.0.4: what it does not know it refuses.</summary>
internal sealed partial class Exposition
{
    private readonly HashSet<string> series = [];

    public Dictionary<string, string> Types { get; } = [];

    public Dictionary<string, string> Helps { get; } = [];

    public List<Sample> Samples { get; } = [];

    public static Exposition Parse(string page)
    {
        Assert.EndsWith("\n", page, StringComparison.Ordinal);
        var read = new Exposition();
        var current = "";
        var ended = new HashSet<string>();
        foreach (var line in page[..^1].Split('\n'))
        {
            if (Help().Match(line) is { Success: true } help)
            {
                Assert.True(read.Helps.TryAdd(help.Groups["name"].Value, help.Groups["text"].Value), $"HELP twice: {line}");
            }
            else if (Type().Match(line) is { Success: true } type)
            {
                if (current.Length > 0) ended.Add(current);
                current = type.Groups["name"].Value;
                Assert.DoesNotContain(current, ended);
                Assert.True(read.Types.TryAdd(current, type.Groups["type"].Value), $"TYPE twice: {line}");
            }
            else
            {
                read.Samples.Add(read.ParseSample(line, current));
            }
        }

        return read;
    }

    public double Value(string name, params (string Name, string Value)[] labels) =>
        Assert.Single(Samples, s => s.Name == name && labels.All(l => s.Labels.GetValueOrDefault(l.Name) == l.Value)).Value;

    public static string FamilyOf(string name, string type) =>
        type == "histogram" ? Suffix().Replace(name, "") : name;

    private Sample ParseSample(string line, string family)
    {
        var match = Line().Match(line);
        Assert.True(match.Success, $"not a sample: {line}");
        var name = match.Groups["name"].Value;
        Assert.Equal(family, FamilyOf(name, Types[family]));
        Assert.True(series.Add(name + match.Groups["labels"].Value), $"the same series twice: {line}");
        var labels = new Dictionary<string, string>();
        foreach (Match label in Label().Matches(match.Groups["labels"].Value))
            labels.Add(label.Groups["name"].Value, Unescape(label.Groups["value"].Value));
        var value = match.Groups["value"].Value switch
        {
            "+Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            "NaN" => double.NaN,
            var number => double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture),
        };
        return new Sample(name, labels, value);
    }

    private static string Unescape(string value) => Escape().Replace(value, m => m.Value == "\\n" ? "\n" : m.Value[1..]);

    [GeneratedRegex(@"^# HELP (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<text>([^\\]|\\\\|\\n)*)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Help();

    [GeneratedRegex("^# TYPE (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<type>counter|gauge|histogram)$")]
    private static partial Regex Type();

    [GeneratedRegex(
        @"^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>[a-zA-Z_][a-zA-Z0-9_]*=""([^""\\]|\\\\|\\""|\\n)*""(,[a-zA-Z_][a-zA-Z0-9_]*=""([^""\\]|\\\\|\\""|\\n)*"")*)\})? (?<value>[+-]?(Inf|NaN|[0-9.]+([eE][+-]?[0-9]+)?))$",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Line();

    [GeneratedRegex(@"(?<name>[a-zA-Z_][a-zA-Z0-9_]*)=""(?<value>([^""\\]|\\.)*)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Label();

    [GeneratedRegex(@"\\.")]
    private static partial Regex Escape();

    [GeneratedRegex("_(bucket|sum|count)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Suffix();
}
