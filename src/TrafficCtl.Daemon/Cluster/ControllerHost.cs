using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Daemon.Probes;
using TrafficCtl.Kubernetes;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.Kubernetes.Running;

namespace TrafficCtl.Daemon.Cluster;

/// <summary>One controller of a cluster: one of several, of which one leads.</summary>
/// <remarks>Nothing is restored on the way out: the last split is the state of record's, and stays.</remarks>
public sealed class ControllerHost : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ProbeServer probes;
    private readonly ClusterRun cluster;
    private readonly CancellationTokenSource stopping = new();
    private readonly Task running;

    private ControllerHost(WebApplication app, ClusterOptions options)
    {
        this.app = app;
        probes = app.Services.GetRequiredService<ProbeServer>();
        cluster = app.Services.GetRequiredService<ClusterRun>();
        Where = options.Access.From;
        running = Task.Run(() => cluster.RunAsync(stopping.Token), CancellationToken.None);
    }

    /// <summary>The cluster, as it was found.</summary>
    public string Where { get; }

    public Views Views => app.Services.GetRequiredService<Views>();

    public IStore Store => app.Services.GetRequiredService<IStore>();

    public bool IsLeading => cluster.IsLeading;

    /// <summary>Who leads, as last seen; empty when nobody is known to.</summary>
    public string Leader => cluster.Leader;

    /// <summary>The admin API as bound.</summary>
    public Uri Admin =>
        new(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());

    /// <summary>Where the cluster asks.</summary>
    public Uri Probes => probes.Address;

    /// <summary>Starts and returns when it listens; it is ready when its caches are synced, whether it leads or not.</summary>
    /// <exception cref="DaemonRefusedException">No cluster to be found, a bad option, a port in use.</exception>
    public static async Task<ControllerHost> StartAsync(ControllerOptions options, CancellationToken stop)
    {
        WebApplication? web = null;
        try
        {
            var prometheus = options.PrometheusOptions;
            var problem = prometheus.Problem() ?? await prometheus.FileProblemAsync(stop);
            if (problem is not null) throw new DaemonRefusedException([problem]);
            var found = ControllerServices.ClusterOf(options);
            web = ControllerServices.Build(options, found);
            await web.Services.GetRequiredService<ProbeServer>().StartAsync(stop);
            await web.StartAsync(stop);
            return new ControllerHost(web, found);
        }
        catch (Exception fault)
        {
            if (web is not null) await web.DisposeAsync();
            if (fault is IOException or SocketException) throw new DaemonRefusedException([Unbound(fault, options)], fault);
            if (fault is KubeException or KubeAccessException or InvalidOperationException or ArgumentException) throw new DaemonRefusedException([fault.Message], fault);
            throw;
        }
    }

    /// <summary>A controller in the foreground: until SIGTERM, Ctrl-C or the token.</summary>
    /// <returns>The exit code: 0 after an orderly end, 1 when the start was refused (the problems are printed, one a line).</returns>
    public static Task<int> RunAsync(ControllerOptions options, TextWriter output, TextWriter error, CancellationToken stop) =>
        ControllerRun.RunAsync(options, output, error, stop);

    /// <summary>Until it is to stop.</summary>
    public static Task EndedAsync(CancellationToken stop) =>
        Task.Delay(Timeout.InfiniteTimeSpan, stop).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    /// <summary>Ends the work, saves its evidence and gives the leadership back.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await running;
        using var time = new CancellationTokenSource(DaemonServices.AdminStop);
        await app.StopAsync(time.Token);
        await probes.StopAsync(time.Token);
        await app.DisposeAsync();
        stopping.Dispose();
    }

    private static string Unbound(Exception fault, ControllerOptions options) =>
        $"the admin API cannot listen on {options.Admin.Authority}: {fault.Message.TrimEnd('.')}. "
        + "Name another address with --admin, or stop what listens there.";
}
