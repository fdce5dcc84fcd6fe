using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;
using TrafficCtl.TestKit;

namespace TrafficCtl.Cli.Tests.JsonOutput;

/// <summary>What the contract's files say of a message or a field.</summary>
/// <param name="Meaning">The comment above it, without the unit.</param>
/// <param name="Unit">What stands in brackets at its end; empty without.</param>
internal sealed record Said(string Meaning, string Unit);

/// <summary>The comments of <c>proto/</c>, by message and by message and field: descriptors know nothing of them.</summary>
internal static partial class Contract
{
    private static readonly FrozenDictionary<string, Said> Comments = Read().ToFrozenDictionary(StringComparer.Ordinal);

    public static Said Of(MessageDescriptor message) => Comments[message.Name];

    public static Said Of(FieldDescriptor field) => Comments[$"{field.ContainingType.Name}.{field.Name}"];

    private static Dictionary<string, Said> Read()
    {
        var all = new Dictionary<string, Said>(StringComparer.Ordinal);
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "proto", "trafficctl", "v1"), "*.proto"))
        {
            var (message, comment) = ("", new List<string>());
            foreach (var line in File.ReadLines(file).Select(static l => l.Trim()))
            {
                if (line.StartsWith("//", StringComparison.Ordinal)) comment.Add(line[2..].Trim());
                else if (Message().Match(line) is { Success: true } begins) all[message = begins.Groups["name"].Value] = Take(comment);
                else if (Field().Match(line) is { Success: true } field) all[$"{message}.{field.Groups["name"].Value}"] = Take(comment);
                else comment.Clear();
            }
        }

        return all;
    }

    private static Said Take(List<string> comment)
    {
        var match = Bracket().Match(string.Join(' ', comment));
        comment.Clear();
        return new Said(match.Groups["meaning"].Value.Trim(), match.Groups["unit"].Value);
    }

    [GeneratedRegex("^message (?<name>\\w+) \\{", RegexOptions.CultureInvariant)]
    private static partial Regex Message();

    [GeneratedRegex("^[\\w.<>, ]+ (?<name>\\w+) = \\d+;$", RegexOptions.CultureInvariant)]
    private static partial Regex Field();

    [GeneratedRegex("^(?<meaning>.*?)(?:\\[(?<unit>[^\\]]+)\\])?$", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Bracket();
}
