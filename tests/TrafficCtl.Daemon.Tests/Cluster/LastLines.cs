using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace TrafficCtl.Daemon.Tests.Cluster;

/// <summary>The newest log lines, for the message of a test that failed.</summary>
internal sealed class LastLines : ILoggerProvider
{
    private const int Most = 60;

    private readonly ConcurrentQueue<string> lines = new();

    public ILogger CreateLogger(string categoryName) => new Line(this, categoryName);

    public void Dispose()
    {
        // What was said is still wanted.
    }

    public override string ToString() => string.Join('\n', lines);

    private sealed class Line(LastLines of, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!category.StartsWith("TrafficCtl", StringComparison.Ordinal)) return;
            of.lines.Enqueue($"{logLevel} {category[(category.LastIndexOf('.') + 1)..]}: {formatter(state, exception)} {exception}");
            while (of.lines.Count > Most) of.lines.TryDequeue(out _);
        }
    }
}
