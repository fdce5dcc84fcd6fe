using System.Collections.Immutable;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using TrafficCtl.Adapters;
using TrafficCtl.Control;
using TrafficCtl.Control.Leading;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Access.Oidc;
using TrafficCtl.Daemon.Access.Tls;
using TrafficCtl.Daemon.Access.Verifying;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Api.OpenApi;
using TrafficCtl.Daemon.Api.Promotions;
using TrafficCtl.Daemon.Api.Rpc;
using TrafficCtl.Daemon.Api.Windows;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Daemon.Logging;
using TrafficCtl.Daemon.Probes;
using TrafficCtl.Daemon.Telemetry;

namespace TrafficCtl.Daemon;

/// <summary>What every process has: Control, the admin API and its listener, telemetry, logs; and what its modules add.</summary>
internal static class DaemonServices
{
    /// <summary>Below the level Warning these log whole request lines, and clients put secrets into query strings.</summary>
    private static readonly string[] WritingRequestLines =
        ["Yarp.ReverseProxy.Forwarder", "Microsoft.AspNetCore.Server.Kestrel.BadRequests", "Microsoft.AspNetCore.Hosting.Diagnostics"];

    /// <summary>How long open watch requests may delay the end of the process.</summary>
    public static readonly TimeSpan AdminStop = TimeSpan.FromSeconds(1);

    public static WebApplication Build(DaemonOptions options, ImmutableArray<IModule> modules)
    {
        // Empty, because the defaults watch settings files, which fails at start on a machine that has no inotify watch left.
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { ApplicationName = "trafficctl", ContentRootPath = AppContext.BaseDirectory });
        AddLogging(builder.Logging, options.Log, options.Logging);
        var tls = options.AdminTls is { } files ? new AdminTls(files, options.AdminClientCa, options.Clock) : null;
        builder.WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
                AdminListener.Configure(kestrel, AddressOf(options.Admin), options.Admin.Port, options.AdminSocket, tls));

        builder.Services.AddSingleton(options.Clock);
        builder.Services.AddSingleton<IHostLifetime, SilentLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = AdminStop);
        builder.Services.AddControl();
        builder.Services.AddAccess(
            options.Tokens ?? (options.Files.IsEmpty ? null : Path.Combine(options.DataDirectory, TokenListFile.Name)),
            mustBe: options.Tokens is not null, options.Grants, tls);
        if (options.Oidc is { } oidc) builder.Services.AddOidc(oidc);
        if (options.WindowJudge is { } judge) builder.Services.AddSingleton(judge);
        builder.Services.AddSingleton(options.AdminLimits);
        builder.Services.AddTrafficCtlApi();
        builder.Services.AddTrafficCtlWindows();
        builder.Services.AddTrafficCtlPromotions();
        builder.Services.AddTrafficCtlRpc();
        builder.Services.AddTelemetry();
        if (!options.Files.IsEmpty)
            builder.Services.AddVerification(Path.GetFullPath(options.DataDirectory), options.AllowExec, options.AllowAddresses);
        if (options.Alertmanager is { } alertmanager) builder.Services.AddAlertmanager(alertmanager);
        // A process that proxies requests never reports itself as sick: a restart would cut those requests.
        if (options.Probes is { } probes)
            builder.Services.AddProbes(probes, s => options.Files.IsEmpty ? s.GetRequiredService<LeaderWork>().SickBecause : null);
        foreach (var module in modules) module.Add(builder.Services);

        var app = builder.Build();
        app.UseAdminLimits();
        app.MapTrafficCtlApi();
        app.MapTrafficCtlWindows();
        app.MapTrafficCtlPromotions();
        app.MapTrafficCtlRpc();
        app.MapOpenApi();
        app.MapMetrics();
        return app;
    }

    internal static void AddLogging(ILoggingBuilder logging, LogSettings settings, Action<ILoggingBuilder>? own)
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(settings.OfLibraries);
        logging.AddFilter("TrafficCtl", settings.Level);
        foreach (var category in WritingRequestLines)
            logging.AddFilter(category, settings.OfLibraries < LogLevel.Warning ? LogLevel.Warning : settings.OfLibraries);
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // A refused start is explained by whoever started it.
        // The health of gRPC repeats what readiness says, each second.
        logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
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

    private static IPAddress AddressOf(Uri admin) =>
        IPAddress.TryParse(admin.Host.Trim('[', ']'), out var address) ? address : IPAddress.Loopback;
}
