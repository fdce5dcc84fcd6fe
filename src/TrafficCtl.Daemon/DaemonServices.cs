using System.Collections.Immutable;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using TrafficCtl.Adapters;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Adapters.Storage;
using TrafficCtl.Control;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Recording;
using TrafficCtl.Control.Targets;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Logging;
using TrafficCtl.Daemon.Probes;
using TrafficCtl.Daemon.Telemetry;
using TrafficCtl.Proxy;
using TrafficCtl.Proxy.Routing;

namespace TrafficCtl.Daemon;

/// <summary>The table of contents: every room's services, and the admin listener.</summary>
internal static class DaemonServices
{
    internal const long AdminBodyLimit = 64 * 1024;

    /// <summary>Below warning they write whole request lines, and clients put secrets into queries.</summary>
    private static readonly string[] WritingRequestLines =
        ["Yarp.ReverseProxy.Forwarder", "Microsoft.AspNetCore.Server.Kestrel.BadRequests", "Microsoft.AspNetCore.Hosting.Diagnostics"];

    /// <summary>How long open watches may hold up the end of the process.</summary>
    public static readonly TimeSpan AdminStop = TimeSpan.FromSeconds(1);

    public static WebApplication Build(DaemonOptions options, DataDirectory data)
    {
        // Empty: the usual defaults watch files of settings, and a machine that has no watch left would keep this from starting.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "trafficctl", ContentRootPath = AppContext.BaseDirectory });
        AddLogging(builder.Logging, options.Log, options.Logging);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = AdminBodyLimit;
            kestrel.Listen(AddressOf(options.Admin), options.Admin.Port);
        });

        builder.Services.AddSingleton(options.Clock);
        builder.Services.AddSingleton<IHostLifetime, SilentLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = AdminStop);
        builder.Services.AddSingleton(RecordingSettings.Default with { Keep = options.KeepWindows });
        builder.Services.AddControl();
        builder.Services.AddSqliteStore(data.Database);
        builder.Services.AddProxy(data.Path, options.InlineScheduling ? Scheduling.Inline : Scheduling.Plain, options.CookieKeys);
        AddBeside(builder.Services, options);
        builder.Services.AddTargets<EmbeddedTarget>(s => new TargetDriver(
            s.GetRequiredService<EmbeddedRouter>(), (IMetricSource?)s.GetService<QueriedMetrics>() ?? s.GetRequiredService<EmbeddedRouter>(),
            [.. s.GetServices<IGateSource>()], options.Abilities));
        builder.Services.AddTrafficCtlApi();
        builder.Services.AddTelemetry();
        builder.Services.AddSingleton<RunningServices>();
        if (options.Probes is { } probes) builder.Services.AddProbes(probes, static _ => null);
        builder.Services.AddSingleton<RouterNow>(services => services.GetRequiredService<EmbeddedRouter>().Now);
        builder.Services.AddSingleton<TargetAddresses>(services =>
        {
            var proxy = services.GetRequiredService<ProxyServer>();
            return key => proxy.Serves(key) ? proxy.AddressOf(key) : null;
        });

        var app = builder.Build();
        app.MapTrafficCtlApi();
        app.MapMetrics();
        return app;
    }

    /// <summary>What is asked beside the proxy's own counters, where the process was told of it.</summary>
    private static void AddBeside(IServiceCollection services, DaemonOptions options)
    {
        if (options.PrometheusOptions is { } prometheus)
        {
            services.AddQueriedMetrics(
                prometheus, static s => s.GetRequiredService<EmbeddedRouter>(),
                static s => () => RolloutsOf(s.GetRequiredService<Views>()));
        }

        if (options.Alertmanager is { } alertmanager) services.AddAlertmanager(alertmanager);
    }

    private static ImmutableArray<QueriedRollout> RolloutsOf(Views views) =>
    [
        .. from view in views.All
           let active = view.Record?.Active
           where active is not null
           select new QueriedRollout(view.Key, active.Id, active.Stable, active.Candidate, view.Spec.Analysis.Metrics),
    ];

    internal static void AddLogging(ILoggingBuilder logging, LogSettings settings, Action<ILoggingBuilder>? own)
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(settings.OfLibraries);
        logging.AddFilter("TrafficCtl", settings.Level);
        foreach (var category in WritingRequestLines)
            logging.AddFilter(category, settings.OfLibraries < LogLevel.Warning ? LogLevel.Warning : settings.OfLibraries);
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // A refused start is explained by whoever started it.
        if (own is not null)
        {
            own(logging);
            return;
        }

        var formatter = settings.Format == LogFormat.Json ? JsonLines.FormatterName : LogLines.FormatterName;
        logging.AddConsole(console => console.FormatterName = formatter);
        logging.AddConsoleFormatter<LogLines, ConsoleFormatterOptions>();
        logging.AddConsoleFormatter<JsonLines, ConsoleFormatterOptions>();
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    internal static IPAddress AddressOf(Uri admin) =>
        IPAddress.TryParse(admin.Host.Trim('[', ']'), out var address) ? address : IPAddress.Loopback;
}
