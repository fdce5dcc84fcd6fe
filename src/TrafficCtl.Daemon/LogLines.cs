using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using TrafficCtl.Core.Texts;
using TrafficCtl.Daemon.Logging;

namespace TrafficCtl.Daemon;

/// <summary>A log line for people: time in UTC, level, message; a fault's trace from error on, still on the same line.</summary>
internal sealed class LogLines(TimeProvider clock) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "trafficctl";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        if (BrokenCalls.Is(logEntry)) return;
        var at = clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var message = OneLine(logEntry.Formatter(logEntry.State, logEntry.Exception));
        textWriter.WriteLine($"{at} {Word(logEntry.LogLevel)} {message}{Fault(logEntry.LogLevel, logEntry.Exception)}");
    }

    private static string Fault(LogLevel level, Exception? fault) => fault switch
    {
        null => string.Empty,
        _ when level >= LogLevel.Error => $": {OneLine(fault.ToString())}",
        _ => $": {OneLine(fault.Message)}",
    };

    /// <summary>Text of others cannot forge a line or steer the terminal that shows the log.</summary>
    private static string OneLine(string text) => Printable.Escape(
        string.Join(" | ", text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));

    /// <summary>The level in words of one width, so that messages stand below each other.</summary>
    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Critical => "ALARM",
        LogLevel.Error => "error",
        LogLevel.Warning => "warn ",
        LogLevel.Information => "info ",
        _ => "debug",
    };
}
