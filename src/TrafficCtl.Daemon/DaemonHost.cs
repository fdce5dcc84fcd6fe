using System.Collections.Immutable;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Control.Files;
using TrafficCtl.Control.Leading;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Control.Wishing;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Access.Granting;
using TrafficCtl.Daemon.Access.Verifying;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Daemon.Modules.Cluster;
using TrafficCtl.Daemon.Modules.Proxy;
using TrafficCtl.Daemon.Probes;
using TrafficCtl.Kubernetes.Running;
using TrafficCtl.Proxy.Hosting;
using TrafficCtl.Proxy.Settings;

namespace TrafficCtl.Daemon;

/// <summary>One daemon process: the modules that its options enable, the control loop, a store and the admin API.</summary>
/// <remarks>Stopping restores no routes: the last split, which the store has on record, stays in force.</remarks>
public sealed partial class DaemonHost : IAsyncDisposable
{
    /// <summary>Timeout of the writes after the drain; they take milliseconds unless the disk hangs.</summary>
    private static readonly TimeSpan FinalWriteTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The same with a cluster, where the Lease is released as well. Together with the other shutdown timeouts it must stay below
    /// <see cref="EndLimit"/>.
    /// </summary>
    private static readonly TimeSpan FinalTermTimeout = TimeSpan.FromSeconds(8.5);

    private readonly WebApplication app;
    private readonly ImmutableArray<IModule> modules;
    private readonly Readiness readiness;
    private readonly ILogger log;
    private readonly ProbeServer? probes;
    private readonly CancellationTokenSource stopping = new();
    private Task leading = Task.CompletedTask;
    private Task running = Task.CompletedTask;
    private bool stopped;

    private DaemonHost(WebApplication app, ImmutableArray<IModule> modules)
    {
        (this.app, this.modules) = (app, modules);
        log = app.Services.GetRequiredService<ILogger<DaemonHost>>();
        readiness = app.Services.GetRequiredService<Readiness>();
        probes = app.Services.GetService<ProbeServer>();
        Views = app.Services.GetRequiredService<Views>();
    }

    public Views Views { get; }

    public Wishes Wishes => app.Services.GetRequiredService<Wishes>();

    public IStore Store => app.Services.GetRequiredService<IStore>();

    /// <summary>The address that the admin API is bound to.</summary>
    public Uri Admin =>
        new(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());

    /// <summary>The address that health probes and metrics are bound to; null when they are off.</summary>
    public Uri? Probes => probes?.Address;

    /// <summary>Where the access to each cluster was found, for messages, with the identity that asks for its Lease.</summary>
    public ImmutableArray<(string Name, string Where, string Identity)> Clusters =>
        [.. (Module<ClusterModule>()?.Found ?? []).Select(static c => (c.Name, c.Access.From, c.Lease.Identity))];

    /// <summary>Whether this process holds the Leases of its clusters; true without a cluster.</summary>
    public bool IsLeading => Driven.All(static c => c.Run.IsLeading);

    /// <summary>The last observed holder of the first cluster's Lease; empty when there is none.</summary>
    public string Leader => Driven is [var first, ..] ? first.Run.Leader : "";

    private ImmutableArray<DrivenCluster> Driven => app.Services.GetService<DrivenClusters>()?.All ?? [];

    /// <summary>How long <see cref="StopAsync"/> may drain requests, given the services that are served now.</summary>
    internal TimeSpan LongestDrain => modules.Max(static m => m.LongestDrain);

    /// <summary>Whether this process proxies requests.</summary>
    internal bool HasListeners => Module<ProxyModule>() is not null;

    /// <summary>The bound listener of a target.</summary>
    public Uri AddressOf(TargetKey key) => app.Services.GetRequiredService<ProxyServer>().AddressOf(key);

    /// <summary>The bound listener of a target of an environment.</summary>
    /// <param name="service">The service.</param>
    /// <param name="environment">Its environment.</param>
    /// <param name="target">Empty for the only one of the environment.</param>
    public Uri AddressOf(string service, string environment, string target) =>
        AddressOf(new TargetKey(service, environment, target.Length > 0 ? target : TargetKey.DefaultTarget));

    /// <summary>The bound listener of a service that has one target here.</summary>
    public Uri AddressOf(string service) => AddressOf(Views.Of(service).Single(static v => v.Spec.Target is EmbeddedTarget).Key);

    /// <summary>
    /// Starts the process and returns when it is ready: if there are services behind the proxy, their listeners are bound and a first round
    /// is complete.
    /// </summary>
    /// <exception cref="DaemonRefusedException">
    /// Bad files, a port in use, an unusable data directory, a second process on it, no cluster to be found, a bad option.
    /// </exception>
    public static Task<DaemonHost> StartAsync(DaemonOptions options, CancellationToken stop) => StartAsync(options, static _ => { }, stop);

    /// <summary>As <see cref="StartAsync(DaemonOptions, CancellationToken)"/>.</summary>
    /// <param name="options">What to run, and how.</param>
    /// <param name="tell">Receives messages to the user before logging is set up.</param>
    /// <param name="stop">Cancels the start, even while a file or the data directory hangs.</param>
    internal static async Task<DaemonHost> StartAsync(DaemonOptions options, Action<string> tell, CancellationToken stop)
    {
        if (AdminAddress.Problem(options) is { } unfit) throw new DaemonRefusedException([unfit]);
        if (options.Grants is { } grants && await Blocking.RunAsync(() => GrantReader.ProblemsOf(grants), stop) is { IsEmpty: false } wrong)
            throw new DaemonRefusedException(wrong);
        foreach (var prometheus in options.Clusters
            .Select(options.PrometheusOf)
            .Prepend(options.PrometheusOptions)
            .OfType<PrometheusOptions>())
            if ((prometheus.Problem() ?? await prometheus.FileProblemAsync(stop)) is { } problem)
                throw new DaemonRefusedException([problem]);
        var prepared = await ModuleList.PrepareAsync(options, tell, stop);
        if (options.AdminSocket is { } socket
            && await Blocking.RunAsync(() => AdminSocket.Prepare(socket) ?? "", stop) is { Length: > 0 } trouble)
        {
            tell($"the admin API has no Unix socket: {trouble}");
            options = options with { AdminSocket = null };
        }

        var host = default(DaemonHost);
        try
        {
            host = await Blocking.RunAsync(
                () => StartRefusals.Making(() => new DaemonHost(DaemonServices.Build(options, prepared), prepared)), stop);
            if (!AdminAddress.IsLoopback(options.Admin.Host) && !host.app.Services.GetRequiredService<Identities>().AreNeeded)
                throw new DaemonRefusedException([AdminAddress.NobodyIsAsked(options.Admin)]);
            await host.BeginAsync(stop);
            if (options.AdminSocket is { } open) AdminSocket.Close(open);
            return host;
        }
        catch (Exception fault)
        {
            if (host is not null) await host.DisposeAsync();
            else foreach (var module in prepared) module.Dispose();
            if (fault is ListenException or StoreUnavailableException or IOException or SocketException)
                throw new DaemonRefusedException([Explain(fault, options)], fault);
            throw;
        }
    }

    /// <summary>Runs in the foreground until SIGTERM, Ctrl-C or cancellation. SIGHUP and changed files trigger a reload.</summary>
    /// <returns>The exit code: 0 after a graceful stop, 1 when the start was refused (the problems are printed, one per line).</returns>
    public static Task<int> RunAsync(DaemonOptions options, TextWriter output, TextWriter error, CancellationToken stop) =>
        DaemonRun.RunAsync(options, output, error, stop);

    /// <summary>
    /// Reads the delivery files again. If there is any problem, the last valid files stay in force and the problems are returned.
    /// </summary>
    public Task<ImmutableArray<string>> ReloadAsync(CancellationToken stop) =>
        Module<ProxyModule>()?.ReloadAsync(stop) ?? Task.FromResult(ImmutableArray<string>.Empty);

    /// <summary>
    /// Stops gracefully: turns readiness off, waits for the drain delay, drains requests, then stops. The routes stay as they are.
    /// </summary>
    public async Task StopAsync(CancellationToken stop)
    {
        if (stopped) return;
        stopped = true;
        readiness.TurnOff("draining");
        await Task.WhenAll(modules.Select(module => module.DrainAsync(stop)));
        await EndWorkAsync();
        // By the system clock, so that the process ends even under a test clock that does not advance.
        using var time = new CancellationTokenSource(DaemonServices.AdminStop, TimeProvider.System);
        await app.StopAsync(time.Token);
        if (probes is not null) await probes.StopAsync(time.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await EndWorkAsync();
        await running;
        await EndAsync(Task.Run(() => app.DisposeAsync().AsTask()), "closing the store", FinalWriteTimeout);
        foreach (var module in modules) module.Dispose();
        stopping.Dispose();
    }

    private TModule? Module<TModule>()
        where TModule : class, IModule => modules.OfType<TModule>().FirstOrDefault();

    private async Task EndWorkAsync()
    {
        await stopping.CancelAsync();
        await EndAsync(leading, "the last save of the evidence", Clusters.IsEmpty ? FinalWriteTimeout : FinalTermTimeout);
    }

    /// <summary>
    /// Waits at most <paramref name="most"/>, because a hung disk must not keep the process from ending. The last writes are lost then, and
    /// the next start reports the missing evidence.
    /// </summary>
    private async Task EndAsync(Task ending, string what, TimeSpan most)
    {
        try
        {
            await ending.WaitAsync(most);
        }
        catch (TimeoutException) when (!ending.IsCompleted)
        {
            var time = DurationText.Of(most);
            LogHangs(what, time);
        }
    }

    private async Task BeginAsync(CancellationToken stop)
    {
        // First, because binding may fail, and because probes must be answered while a large store is opened.
        if (probes is not null) await probes.StartAsync(stop);
        foreach (var module in modules) await module.BeginAsync(app.Services, stop);
        // Before the store is open, so that an abort does not have to wait for it.
        await app.StartAsync(stop);
        foreach (var module in modules) await module.OpenAsync(stop);
        var (leadership, work) = (app.Services.GetRequiredService<ILeadership>(), app.Services.GetRequiredService<LeaderWork>());
        leading = Task.Run(() => leadership.RunAsync(work.RunAsync, stopping.Token), CancellationToken.None);
        running = Task.WhenAll(modules.Select(module => Task.Run(() => module.RunAsync(stopping.Token), CancellationToken.None)));
        foreach (var module in modules) await module.WarmUpAsync(stop);
        readiness.TurnOn();
    }

    private static string Explain(Exception fault, DaemonOptions options) => fault is IOException or SocketException
        ? $"the admin API cannot listen on {options.Admin.Authority}: {WhyNot(fault)}. Name another address with --admin, or stop what "
            + "listens there."
        : fault.Message;

    private static string WhyNot(Exception fault) =>
        fault.InnerException is AddressInUseException ? "the port is in use" : fault.Message.TrimEnd('.');

    [LoggerMessage(Level = LogLevel.Error, Message = "{What} has not ended after {Time} (a disk that hangs?): the process ends without it")]
    private partial void LogHangs(string what, string time);
}
