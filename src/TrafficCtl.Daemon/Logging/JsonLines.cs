using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace TrafficCtl.Daemon.Logging;

/// <summary>Log lines for programs: <see cref="JsonLine"/>.</summary>
internal sealed class JsonLines(TimeProvider clock) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "trafficctl-json";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        if (BrokenCalls.Is(logEntry)) return;
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        textWriter.Write(JsonLine.Of(
            clock.GetUtcNow(), logEntry.LogLevel, logEntry.Category, logEntry.EventId, message,
            logEntry.State as IEnumerable<KeyValuePair<string, object?>>, logEntry.Exception));
        textWriter.Write('\n');
    }
}
