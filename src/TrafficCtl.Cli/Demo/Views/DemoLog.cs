using System.Globalization;
using Microsoft.Extensions.Logging;

namespace TrafficCtl.Cli.Demo.Views;

/// <summary>The demonstration's log file: its own story and every log line of its daemon, in one order.</summary>
internal sealed class DemoLog(string path, TimeProvider clock) : ILoggerProvider
{
    private readonly Lock gate = new();
    private readonly StreamWriter writer = new(path) { AutoFlush = true };
    private bool closed;

    public string Path => path;

    public void Write(string line)
    {
        var at = clock.GetUtcNow().UtcDateTime.ToString("HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        lock (gate)
        {
            if (!closed) writer.WriteLine($"{at} {line}");
        }
    }

    public ILogger CreateLogger(string categoryName) => new Lines(this, categoryName);

    /// <summary>A container that holds the provider disposes it too; lines after that are dropped.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (closed) return;
            closed = true;
            writer.Dispose();
        }
    }

    private sealed class Lines(DemoLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Write($"daemon {logLevel} {category}: {formatter(state, exception)}{(exception is null ? "" : $": {exception}")}");
    }
}
