using Microsoft.Extensions.Logging;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Running;

/// <summary>Logs of a cluster that has a name: each message begins with it.</summary>
/// <param name="logs">The loggers of the process.</param>
/// <param name="name">The name of the cluster.</param>
internal sealed class ClusterLogs(ILoggerFactory logs, string name) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) =>
        name == TargetKey.DefaultTarget ? logs.CreateLogger(categoryName) : new Named(logs.CreateLogger(categoryName), name);

    public void AddProvider(ILoggerProvider provider) => logs.AddProvider(provider);

    public void Dispose()
    {
        // The process owns its logs.
    }

    private sealed class Named(ILogger log, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => log.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => log.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Log(logLevel, eventId, state, exception, (said, fault) => $"{name}: {formatter(said, fault)}");
    }
}
