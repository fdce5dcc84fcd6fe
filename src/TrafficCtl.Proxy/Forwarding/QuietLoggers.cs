using Microsoft.Extensions.Logging;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>The server's and the forwarder's own logs from Error upwards: what happens to single requests is counted, not told.</summary>
internal sealed class QuietLoggers(ILoggerFactory inner) : ILoggerFactory
{
    /// <summary>Said when a request was given up while its client still owed a part of the body: counted like the rest.</summary>
    private const string UndrainedBody = "RequestBodyDrainBodyReaderInvalidState";

    public ILogger CreateLogger(string categoryName) => new Quiet(inner.CreateLogger(categoryName));

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public void Dispose()
    {
    }

    private sealed class Quiet(ILogger inner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error && inner.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel) && eventId.Name != UndrainedBody) inner.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
