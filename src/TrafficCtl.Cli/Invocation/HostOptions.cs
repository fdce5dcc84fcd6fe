using System.CommandLine;
using System.Net;
using TrafficCtl.Daemon.Logging;
using TrafficCtl.Daemon.Probes;

namespace TrafficCtl.Cli.Invocation;

/// <summary>
/// What every command that runs until it is stopped takes: where other machines may ask it, and how it logs. An
/// option wins over its variable.
/// </summary>
internal sealed class HostOptions
{
    public const string ProbesVariable = "TRAFFICCTL_PROBES";
    public const string FormatVariable = "TRAFFICCTL_LOG_FORMAT";
    public const string LevelVariable = "TRAFFICCTL_LOG_LEVEL";

    private readonly Setting probes, format, level;

    private HostOptions(Setting probes, Setting format, Setting level) => (this.probes, this.format, this.level) = (probes, format, level);

    /// <param name="command">That gets the options.</param>
    /// <param name="surroundings">With the variables.</param>
    /// <param name="otherwise">Where probes are answered when nothing is said, for the help.</param>
    public static HostOptions AddTo(Command command, Surroundings surroundings, string otherwise)
    {
        var where = new Setting(
            surroundings, "--probes", "ADDRESS:PORT", ProbesVariable,
            $"Where /healthz, /readyz and /metrics answer other machines, read-only (default: {ProbesVariable}, else {otherwise})",
            static text => ProbesAddress.TryParse(text, out _, out var problem) ? null : problem);
        var form = new Setting(
            surroundings, "--log-format", "text|json", FormatVariable,
            $"How to log; json is one object a line (default: {FormatVariable}, else text)",
            static text => LogSettings.TryParseFormat(text, out _)
                ? null
                : $"\"{text}\" is not a log format: write {string.Join(" or ", LogSettings.Formats)}");
        var least = new Setting(
            surroundings, "--log-level", "LEVEL", LevelVariable,
            $"The least level that is logged: {string.Join(", ", LogSettings.Levels)} (default: {LevelVariable}, else information)",
            static text => LogSettings.TryParseLevel(text, out _)
                ? null
                : $"\"{text}\" is not a log level: write {string.Join(", ", LogSettings.Levels[..^1])} or {LogSettings.Levels[^1]}");
        form.Option.CompletionSources.Add([.. LogSettings.Formats]);
        least.Option.CompletionSources.Add([.. LogSettings.Levels]);
        foreach (var setting in (Setting[])[where, form, least])
        {
            command.Options.Add(setting.Option);
            command.Validators.Add(setting.Check);
        }

        return new HostOptions(where, form, least);
    }

    /// <summary>Null when nothing is said.</summary>
    public IPEndPoint? ProbesOf(ParseResult parse) =>
        probes.TextOf(parse) is { } text && ProbesAddress.TryParse(text, out var address, out _) ? address : null;

    public LogSettings LogOf(ParseResult parse)
    {
        var settings = LogSettings.Default;
        if (format.TextOf(parse) is { } text && LogSettings.TryParseFormat(text, out var form)) settings = settings with { Format = form };
        if (level.TextOf(parse) is { } least && LogSettings.TryParseLevel(least, out var from)) settings = settings with { Level = from };
        return settings;
    }
}
