using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace TrafficCtl.Daemon.Logging;

public enum LogFormat
{
    /// <summary>Lines for people.</summary>
    Text,

    /// <summary>One JSON object a line, for programs.</summary>
    Json,
}

/// <summary>How a daemon logs, as its command line says.</summary>
/// <param name="Format">The format of log lines on standard error, and of what is announced on standard output.</param>
/// <param name="Level">The least level that is logged.</param>
public sealed record LogSettings(LogFormat Format, LogLevel Level)
{
    public static readonly LogSettings Default = new(LogFormat.Text, LogLevel.Information);

    private static readonly ImmutableArray<(LogLevel Level, string Name, ImmutableArray<string> Aliases)> Known =
    [
        (LogLevel.Trace, "trace", []),
        (LogLevel.Debug, "debug", []),
        (LogLevel.Information, "information", ["info"]),
        (LogLevel.Warning, "warning", ["warn"]),
        (LogLevel.Error, "error", ["err"]),
        (LogLevel.Critical, "critical", ["crit", "fatal"]),
    ];

    /// <summary>From the most to the least talkative.</summary>
    public static ImmutableArray<string> Levels { get; } = [.. Known.Select(k => k.Name)];

    public static ImmutableArray<string> Formats { get; } = ["text", "json"];

    /// <summary>What the libraries below (Kestrel, YARP) may say: at information they speak of every connection.</summary>
    public LogLevel OfLibraries => Level == LogLevel.Information ? LogLevel.Warning : Level;

    /// <summary>
    /// A level's name, in any case, or a usual short form: <c>info</c>, <c>warn</c>, <c>err</c>, <c>crit</c>,
    /// <c>fatal</c>.
    /// </summary>
    public static bool TryParseLevel(string text, out LogLevel level)
    {
        foreach (var (known, name, aliases) in Known)
        {
            level = known;
            if (aliases.Add(name).Contains(text, StringComparer.OrdinalIgnoreCase)) return true;
        }

        level = LogLevel.None;
        return false;
    }

    public static bool TryParseFormat(string text, out LogFormat format)
    {
        format = text.Equals("json", StringComparison.OrdinalIgnoreCase) ? LogFormat.Json : LogFormat.Text;
        return Formats.Contains(text, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>As <see cref="TryParseLevel"/> reads it, and as JSON lines say it.</summary>
    public static string NameOf(LogLevel level)
    {
        foreach (var (known, name, _) in Known)
            if (known == level) return name;
        return "none";
    }
}
