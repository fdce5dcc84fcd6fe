using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Runtimes;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;
using static TrafficCtl.Daemon.Config.Reading.Sections;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>The keys of <c>runtime</c>. What is missing is found where those of service and environment are put together.</summary>
internal static class RuntimeSchema
{
    /// <summary>The word of a runtime whose versions run already.</summary>
    public const string Static = "static";

    public const string CommandExample = "\"{artifact} --urls http://127.0.0.1:{port}\"";

    private const int MaxVariables = 64, MaxLogFiles = 100;

    /// <summary>The daemon's own: it finds its processes by it.</summary>
    private const string Marker = "TRAFFICCTL_RUNTIME";

    private static readonly ProcessSettings Usual = new() { Command = CommandTemplate.Parse("program").Command!, ArtifactFolder = "/" };
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1), Hour = TimeSpan.FromHours(1);

    private static readonly SectionShape Logs = Shown("the logs", "size", "{ size: 10MiB, files: 5 }",
        new("size", Sizes.Between(64 << 10, 1L << 30), "The size at which a file is rotated.", SizeText.Of(Usual.LogBytes)),
        new("files", Scalars.Count(1, MaxLogFiles), "Files that are kept of a version, the present one included.", $"{Usual.LogFiles}"));

    private static readonly SectionShape Process = Shown(
        "a process runtime", "command", $"{{ command: {CommandExample}, health: /healthz }}",
        new(
            "command", Command,
            "The program and its arguments; no shell reads them. Names in braces are filled in: "
                + $"{string.Join(", ", CommandTemplate.KnownNames.Select(static n => $"{{{n}}}"))}.",
            Absent: "refused"),
        new(
            "health", ProxySchema.Probe with { IsShort = true },
            "What is probed on the port of the process: it gets requests once the answer is 2xx. A path alone is enough.",
            Absent: "refused"),
        new(
            "env", new MapShape("variables", Names.Variable, Variable, 0, MaxVariables) { Example = "{ LOG_LEVEL: info }" },
            "Environment variables, with the names in braces of command; beside PATH, HOME, LANG, TMPDIR and TZ it gets no other.",
            Absent: "none"),
        new(
            "in", Scalars.Text("a folder", 1024) with { Example = "./work" }, "The working directory, relative to this file.",
            Absent: "the folder of the artifact"),
        new(
            "start", Durations.Between(Second, Hour), "By when the first probe is to be good; then it is ended and started again.",
            Durations.Text(Usual.StartTimeout)),
        new(
            "stop", Durations.Between(TimeSpan.Zero, Hour), "Between SIGTERM and SIGKILL.", Durations.Text(Usual.StopTimeout)),
        new(
            "drain", Durations.Between(TimeSpan.Zero, TimeSpan.FromHours(24)),
            "How long open connections are waited for before it is ended.",
            Durations.Text(Usual.DrainTimeout)),
        new("logs", Logs, "The files that its output goes to."));

    public static SectionShape Root { get; } = Section(
        "a runtime", new Key("process", Process, "The versions are processes of this machine, started from artifact. Linux only.")) with
    {
        OrWord = Static,
        ExactlyOne = ["process"],
        NotYet = ["kubernetes", "git", "webhook", "exec"],
        Elsewhere = ImmutableDictionary<string, string>.Empty.Add(
            Static, "write `runtime: static`, and the endpoints of each version under versions"),
        Example = $"{{ process: {{ command: {CommandExample}, health: /healthz }} }}",
        File = static () => PipelineSchema.Root,
    };

    private static ScalarShape Command => new(
        $"a command such as {CommandExample}",
        static text => CommandTemplate.Parse(text) is { Command: { } command }
            ? Meaning.Of(command)
            : Meaning.Wrong(CommandTemplate.Parse(text).Problem!, Meant(TextTemplate.Parse(text))),
        static () => new JsonObject { ["type"] = "string" })
    { Example = CommandExample };

    private static ScalarShape Variable => new(
        "a value",
        static text =>
        {
            var template = TextTemplate.Parse(text);
            return UnknownIn(template) is { } unknown
                ? Meaning.Wrong(
                    $"names {{{unknown}}}, which has no value",
                    Meant(template) ?? $"known: {string.Join(", ", CommandTemplate.KnownNames)}")
                : Meaning.Of(template);
        },
        static () => new JsonObject { ["type"] = new JsonArray("string", "number", "boolean") })
    { Example = "info" };

    /// <summary>Why no variable may have the name; null where one may.</summary>
    public static string? WhyNoVariable(string name) => name == Marker ? "is the daemon's own: it finds its processes by it" : null;

    private static string? UnknownIn(TextTemplate template) =>
        template.Names.FirstOrDefault(static n => !CommandTemplate.KnownNames.Contains(n));

    private static string? Meant(TextTemplate template) =>
        UnknownIn(template) is { } unknown ? Suggest.DidYouMean(unknown, CommandTemplate.KnownNames) : null;
}
