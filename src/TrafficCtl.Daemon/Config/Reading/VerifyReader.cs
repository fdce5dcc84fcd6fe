using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TrafficCtl.Control.Files;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Targets;
using TrafficCtl.Core.Texts;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>The gate <c>verify</c>: what it asks, and whether the file that names it may have that done.</summary>
internal static partial class VerifyReader
{
    private const string ShellCharacters = "|&;<>()$`\\\"'*?[]#~=%{}!\n";

    private static readonly ImmutableArray<string> Facts =
        ["service", "environment", "target", "version", "bundle", "stable", "rollout", "round", "entrance", "endpoint", "endpoints"];

    private const string Entrance = "{entrance}";

    [GeneratedRegex(@"\{(?<name>[^{}]*)\}", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Braces { get; }

    public static SectionShape Shape => new(
        "a verification",
        [
            new(
                "run", Program, "A program: its path, relative to this file, or its name; exit code 0 is a pass. No shell reads it.",
                Absent: "none"),
            new(
                "args", new ListShape("arguments", Scalars.Text("an argument", 1024), 1, 64) { Example = "[--smoke]" },
                "Arguments of the program, as they are.", Absent: "none"),
            new(
                "http", Address, "An address that is asked by GET; an answer 2xx is a pass. Names in braces are filled in: "
                    + "{version}, {rollout}, {service}, {environment}, {target}, {stable}, {bundle}, {round}, {entrance}.", Absent: "none"),
            new(
                "timeout", Durations.Between(TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1)),
                "How long it may take; then it is ended, and has errored.", Durations.Text(VerifyGate.DefaultTimeout)),
        ],
        [], ["run", "http"])
    { Main = "run", Example = "{ run: ./smoke.sh, timeout: 5m }", File = static () => DeliverySchema.Root };

    public static VerifyGate Read(Value.Section verify)
    {
        var arguments = verify.Find("args") is Value.Items args ? args.All<string>() : [];
        Verification check = verify.Get<string?>("http", null) is { } address
            ? new Verification.Fetch(address, MayAskLoopback: false)
            : new Verification.Run(verify.Get("run", ""), arguments, ".");
        return new VerifyGate(check, verify.Get("timeout", VerifyGate.DefaultTimeout));
    }

    /// <summary>A verification with its directory and its rights, which are those of the file; other gates as they are.</summary>
    public static Gate Place(Gate gate, Value value, Abilities abilities, Report report)
    {
        if (gate is not VerifyGate verify || value is not Value.Section section || abilities.LackOf(Ability.Verification) is not null)
            return gate;
        var foreign = WhyNoProgram(abilities, report);
        switch (verify.Check)
        {
            case Verification.Run run:
                if (foreign is not null && section.Find("run") is { } at) RefuseProgram(at, foreign, report);
                return verify with { Check = run with { Directory = Path.GetDirectoryName(Path.GetFullPath(report.File)) ?? "/" } };
            case Verification.Fetch http:
                if (section.Find("args") is { } args) report.Add(args.Node, args.Path, "an address takes no arguments", "remove args");
                return verify with { Check = http with { MayAskLoopback = foreign is null } };
            default:
                return gate;
        }
    }

    /// <summary>Why a file may not name a program: somebody else may have written it. Null where it may.</summary>
    public static string? WhyNoProgram(Abilities abilities, Report report) =>
        OwnFiles.WhyNot(Path.GetFullPath(report.File), abilities.ProgramDirectories);

    public static void RefuseProgram(Value at, string why, Report report) => report.Add(
        at.Node, at.Path, $"this file may not name a program: {why}",
        "own the file, so that nobody else may write it, or start the daemon with --allow-exec DIR (and check with it)");

    private static ScalarShape Program => new(
        "a program",
        static text => text.Length == 0 ? Meaning.Wrong("is empty")
            : text.Contains(' ') || text.IndexOfAny([.. ShellCharacters]) >= 0
                ? Meaning.Wrong(
                    $"\"{ScalarShape.Short(text)}\" is not the name of a program: no shell reads it",
                    "write the program's path alone, and what it gets into `args: [...]`")
                : Meaning.Of(text),
        static () => new JsonObject { ["type"] = "string" })
    { Example = "./smoke.sh" };

    private static ScalarShape Address => new(
        "an address such as https://ci.example/e2e?b={version}", ParseAddress, static () => new JsonObject { ["type"] = "string" })
    {
        Example = "\"https://ci.example/e2e?b={version}\"",
    };

    private static Meaning ParseAddress(string text)
    {
        foreach (Match name in Braces.Matches(text))
        {
            var word = name.Groups["name"].Value;
            if (Facts.Contains(word)) continue;
            return Meaning.Wrong(
                $"{{{ScalarShape.Short(word)}}} is not known here",
                Suggest.DidYouMean(word, Facts) ?? $"known: {string.Join(", ", Facts)}");
        }

        // It may begin with the entrance, which is an address itself.
        var whole = text.StartsWith(Entrance, StringComparison.Ordinal) ? $"http://x{text[Entrance.Length..]}" : text;
        if (!Uri.TryCreate(Braces.Replace(whole, "x"), UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            return Meaning.Wrong($"\"{ScalarShape.Short(text)}\" is not an address", "write http:// or https:// and a host");
        return UrlText.HasCredentials(text)
            ? Meaning.Wrong("has a user or a password in it", "leave them out: the address is shown and recorded")
            : Meaning.Of(text);
    }
}
