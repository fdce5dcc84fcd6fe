using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Daemon.Logging;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Logging;

public sealed class LogSettingsTests
{
    [Theory]
    [InlineData("info", LogLevel.Information)]
    [InlineData("WARN", LogLevel.Warning)]
    [InlineData("Warning", LogLevel.Warning)]
    [InlineData("err", LogLevel.Error)]
    [InlineData("fatal", LogLevel.Critical)]
    public void Takes_levels_in_any_case_and_by_their_usual_short_forms(string text, LogLevel level)
    {
        Assert.True(LogSettings.TryParseLevel(text, out var parsed));
        Assert.Equal(level, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("verbose")]
    [InlineData("none")]
    [InlineData("2")]
    public void Takes_nothing_else(string text) => Assert.False(LogSettings.TryParseLevel(text, out _));

    [Theory]
    [InlineData(LogLevel.Information, "TrafficCtl.Control.Looping.ControlLoop", LogLevel.Information)]
    [InlineData(LogLevel.Information, "Microsoft.AspNetCore.Server.Kestrel", LogLevel.Warning)]
    [InlineData(LogLevel.Error, "TrafficCtl.Control.Looping.ControlLoop", LogLevel.Error)]
    [InlineData(LogLevel.Error, "Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error)]
    [InlineData(LogLevel.Debug, "TrafficCtl.Control.Looping.ControlLoop", LogLevel.Debug)]
    [InlineData(LogLevel.Trace, "Microsoft.AspNetCore.Server.Kestrel.Connections", LogLevel.Trace)]
    // What writes whole addresses of requests, with the secrets in their queries.
    [InlineData(LogLevel.Trace, "Yarp.ReverseProxy.Forwarder.HttpForwarder", LogLevel.Warning)]
    [InlineData(LogLevel.Trace, "Microsoft.AspNetCore.Server.Kestrel.BadRequests", LogLevel.Warning)]
    [InlineData(LogLevel.Debug, "Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning)]
    [InlineData(LogLevel.Critical, "Yarp.ReverseProxy.Forwarder.HttpForwarder", LogLevel.Critical)]
    public void The_level_is_the_products_and_libraries_speak_up_only_when_asked_for_detail(LogLevel asked, string category, LogLevel least)
    {
        using var services = new ServiceCollection()
            .AddLogging(l => DaemonServices.AddLogging(l, LogSettings.Default with { Level = asked },
                static own => own.AddProvider(new Everything())))
            .BuildServiceProvider();
        var log = services.GetRequiredService<ILoggerFactory>().CreateLogger(category);
        Assert.Equal(least, Enum.GetValues<LogLevel>().First(log.IsEnabled));
    }

    private sealed class Everything : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
            // It holds nothing.
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // Only asked whether it would.
        }
    }
}
