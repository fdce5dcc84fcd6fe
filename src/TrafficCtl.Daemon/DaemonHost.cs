using System.Collections.Immutable;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters.Storage;
using TrafficCtl.Control;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Delivery;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Telemetry;
using TrafficCtl.Proxy.Routing;

namespace TrafficCtl.Daemon;

/// <summary>One process: proxy, control loop, store and admin API.</summary>
/// <remarks>
/// Traffic first: the proxy serves from its own snapshot before the store is opened, and goes on serving while the rest
/// stops. Nothing is restored on the way out: the last split is the state of record's, and stays.
/// </remarks>
public sealed partial class DaemonHost : IAsyncDisposable
{
    private static readonly TimeSpan FirstRound = TimeSpan.FromSeconds(5);

    private readonly WebApplication app;
    private readonly DataDirectory data;
    private readonly ProxyServer proxy;
    private readonly Readiness readiness;
    private readonly ImmutableArray<string> files;
    private readonly CancellationTokenSource stopping = new();
    private Task driving = Task.CompletedTask;
    private Reloader? reloader;
    private bool stopped;

    private DaemonHost(WebApplication app, DataDirectory data, DaemonOptions options)
    {
        (this.app, this.data, files) = (app, data, options.Files);
        proxy = app.Services.GetRequiredService<ProxyServer>();
        readiness = app.Services.GetRequiredService<Readiness>();
        Views = app.Services.GetRequiredService<Views>();
    }

    public Views Views { get; }

    public Wishes Wishes => app.Services.GetRequiredService<Wishes>();

    public IStore Store => app.Services.GetRequiredService<IStore>();

    /// <summary>The admin API as bound.</summary>
    public Uri Admin => new(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());

    /// <summary>The bound listener of a service.</summary>
    public Uri AddressOf(string service) => proxy.AddressOf(service);

    /// <summary>Starts and returns when ready: listeners bound, a first round made.</summary>
    /// <exception cref="DaemonRefusedException">Bad files, a port in use, an unusable data directory, a second daemon on it.</exception>
    public static async Task<DaemonHost> StartAsync(DaemonOptions options, CancellationToken stop)
    {
        var specs = Load(options.Files);
        var owned = Refusing(() => DataDirectory.Take(options.DataDirectory));
        var host = default(DaemonHost);
        try
        {
            host = Refusing(() => new DaemonHost(DaemonServices.Build(options, owned), owned, options));
            await host.BeginAsync(specs, options, stop);
            return host;
        }
        catch (Exception fault)
        {
            if (host is not null) await host.DisposeAsync();
            else owned.Dispose();
            if (fault is ListenException or StoreUnavailableException or IOException or SocketException) throw new DaemonRefusedException([Explain(fault, options)], fault);
            throw;
        }
    }

    /// <summary>A daemon in the foreground: until SIGTERM, Ctrl-C or the token; SIGHUP and changed files reload.</summary>
    /// <returns>The exit code: 0 after a drained end, 1 when the start was refused (the problems are printed, one a line).</returns>
    public static Task<int> RunAsync(DaemonOptions options, TextWriter output, TextWriter error, CancellationToken stop) =>
        DaemonRun.RunAsync(options, output, error, stop);

    /// <summary>Reads the files again. On any problem the last good ones stay in force and the problems are returned.</summary>
    public Task<ImmutableArray<string>> ReloadAsync(CancellationToken stop) => reloader!.ReloadAsync(stop);

    /// <summary>Readiness off, delay, drain, stop. The routes stay as they are.</summary>
    public async Task StopAsync(CancellationToken stop)
    {
        if (stopped) return;
        stopped = true;
        readiness.TurnOff("draining");
        try
        {
            await proxy.DrainAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What is left is cut with the listeners; the evidence is saved all the same.
            LogCut();
        }

        await stopping.CancelAsync();
        await driving;
        using var time = new CancellationTokenSource(DaemonServices.AdminStop);
        await app.StopAsync(time.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await driving;
        reloader?.Dispose();
        await app.DisposeAsync();
        data.Dispose();
        stopping.Dispose();
    }

    private async Task BeginAsync(ImmutableArray<ServiceSpec> specs, DaemonOptions options, CancellationToken stop)
    {
        await proxy.StartAsync(specs, stop);
        // Now the store: a big one takes seconds to check, and traffic does not wait for it.
        reloader = ActivatorUtilities.CreateInstance<Reloader>(app.Services, files);
        var opened = app.Services.GetRequiredService<OpenResult>();
        var router = app.Services.GetRequiredService<EmbeddedRouter>();
        var lost = opened.MovedAside is { } aside ? $"the store was damaged and lies at {aside} now" : null;
        var loop = app.Services.GetRequiredService<ControlLoop>();
        loop.SetServices(specs, new LastKnown(router.LastKnown, lost));
        driving = Task.Run(() => loop.RunAsync(stopping.Token), CancellationToken.None);
        app.Services.GetRequiredService<ConfigReloads>().Succeeded(options.Clock.GetUtcNow());
        await app.StartAsync(stop);
        await FirstRoundAsync(options.Clock, stop);
        readiness.TurnOn();
    }

    /// <summary>Waits for a round of every service, but not for a store that does not answer: traffic is served all the same.</summary>
    private async Task FirstRoundAsync(TimeProvider clock, CancellationToken stop)
    {
        using var time = new CancellationTokenSource(FirstRound, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, stop);
        try
        {
            var version = Views.Version;
            while (Views.All.Any(v => v.Router is null)) version = await Views.ChangedAsync(version, either.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            LogNoRound(FirstRound);
        }
    }

    private static ImmutableArray<ServiceSpec> Load(ImmutableArray<string> files) => DeliveryFiles.Load(files) switch
    {
        Parsed<ImmutableArray<ServiceSpec>>.Ok(var specs) => specs,
        Parsed<ImmutableArray<ServiceSpec>>.Problems(var all) => throw new DaemonRefusedException([.. all.Select(p => p.ToString())]),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static T Refusing<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (Exception fault) when (fault is DataDirectoryException or StoreUnavailableException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new DaemonRefusedException([fault.Message], fault);
        }
    }

    private static string Explain(Exception fault, DaemonOptions options) => fault is IOException or SocketException
        ? $"the admin API cannot listen on {options.Admin.Authority}: {WhyNot(fault)}. Name another address with --admin, or stop what listens there."
        : fault.Message;

    private static string WhyNot(Exception fault) =>
        fault.InnerException is AddressInUseException ? "the port is in use" : fault.Message.TrimEnd('.');

    private ILogger Log => app.Services.GetRequiredService<ILogger<DaemonHost>>();

    private void LogCut() => Cut(Log);

    private void LogNoRound(TimeSpan after) => NoRound(Log, after);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The drain was cut short: what is still open ends now")]
    private static partial void Cut(ILogger log);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No round of control within {After}; traffic is served from the last snapshot")]
    private static partial void NoRound(ILogger log, TimeSpan after);
}
