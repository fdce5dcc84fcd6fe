using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Control;
using TrafficCtl.Control.Recording;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Config.Cluster;
using TrafficCtl.Daemon.Probes;
using TrafficCtl.Daemon.Telemetry;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Leading;
using TrafficCtl.Kubernetes.Mesh.Consul;
using TrafficCtl.Kubernetes.Running;

namespace TrafficCtl.Daemon.Cluster;

/// <summary>The table of contents of a controller: Control, the cluster, the admin API and the probes.</summary>
internal static class ControllerServices
{
    /// <exception cref="TrafficCtl.Kubernetes.KubeException">No cluster was found, or what describes it cannot be used.</exception>
    public static ClusterOptions ClusterOf(ControllerOptions options)
    {
        var access = options.Access ?? KubeConfig.Find(options.Kubeconfig, options.Context, options.Clock);
        var lease = new LeaseSettings(options.LeaseNamespace ?? access.Namespace ?? "default", options.Lease, options.Identity)
        {
            LeaseDuration = options.LeaseDuration,
            RenewDeadline = options.LeaseDuration * 2 / 3,
            RetryPeriod = options.LeaseDuration * 2 / 15,
        };
        var usual = KubeClientOptions.Default;
        return new ClusterOptions(access, lease, options.PrometheusOptions)
        {
            // A write is sent only while the leadership outlasts it: half of what a renewal gives leaves time to renew.
            // Two writes a decision: a thousand services may take a step in the same seconds.
            Client = usual with { PerSecond = 500, Burst = 1000, CallTimeout = usual.CallTimeout < lease.RenewDeadline / 2 ? usual.CallTimeout : lease.RenewDeadline / 2 },
            Namespaces = options.Namespaces,
            Alertmanager = options.Alertmanager,
            Consul = options.Consul is { } consul ? new ConsulOptions { Address = consul, TokenFile = options.ConsulTokenFile } : null,
            WatchesSecrets = options.WatchesSecrets,
        };
    }

    public static WebApplication Build(ControllerOptions options, ClusterOptions cluster)
    {
        // Empty: the usual defaults watch files of settings, and a machine that has no watch left would keep this from starting.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "trafficctl", ContentRootPath = AppContext.BaseDirectory });
        DaemonServices.AddLogging(builder.Logging, options.Log, options.Logging);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = DaemonServices.AdminBodyLimit;
            kestrel.Listen(DaemonServices.AddressOf(options.Admin), options.Admin.Port);
        });
        builder.Services.AddSingleton(options.Clock);
        builder.Services.AddSingleton<IHostLifetime, SilentLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = DaemonServices.AdminStop);
        // The store of a cluster keeps no windows, so none are recorded.
        builder.Services.AddSingleton(RecordingSettings.Default with { Keep = TimeSpan.Zero });
        builder.Services.AddSingleton<IDeliveryReader>(
            new ClusterReader(options.Scrape, Abilities.Cluster(hasAlertmanager: options.Alertmanager is not null)));
        builder.Services.AddControl();
        builder.Services.AddCluster(cluster);
        builder.Services.AddTrafficCtlApi();
        builder.Services.AddSingleton<Standby>(s => () => LeaderWords.Elsewhere(s.GetRequiredService<ClusterRun>(), options.Admin.Port));
        builder.Services.AddSingleton(static s => new Readiness(() => s.GetRequiredService<ClusterRun>().NotReadyBecause));
        builder.Services.AddSingleton<ConfigReloads>();
        builder.Services.AddSingleton(s => new MetricsPage(
            static () => [], s.GetRequiredService<Views>(), s.GetRequiredService<ControlMetrics>(), s.GetRequiredService<ConfigReloads>(), options.Clock,
            () => Signs(s)));
        builder.Services.AddProbes(options.Probes, static s => s.GetRequiredService<ClusterRun>().SickBecause);

        var app = builder.Build();
        app.MapTrafficCtlApi();
        app.MapMetrics();
        return app;
    }

    private static ClusterSigns Signs(IServiceProvider services)
    {
        var run = services.GetRequiredService<ClusterRun>();
        return new ClusterSigns(run.IsLeading, run.InvalidDeclarations, services.GetRequiredService<PrometheusSource>().Queries);
    }
}
