using System.Collections.Immutable;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters;
using TrafficCtl.Adapters.Storage;
using TrafficCtl.Control.Files;
using TrafficCtl.Control.Looping;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Control.Wishing;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Probes;
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

    /// <summary>For what is written after the drain; on a disk that answers it takes milliseconds.</summary>
    private static readonly TimeSpan LastWork = TimeSpan.FromSeconds(5);

    private readonly WebApplication app;
    private readonly DataDirectory data;
    private readonly ProxyServer proxy;
    private readonly Readiness readiness;
    private readonly DeliverySource source;
    private readonly ILogger log;
    private readonly ProbeServer? probes;
    private readonly CancellationTokenSource stopping = new();
    private Task driving = Task.CompletedTask;
    private Task watching = Task.CompletedTask;
    private Task following = Task.CompletedTask;
    private Reloader? reloader;
    private bool stopped;

    private DaemonHost(WebApplication app, DataDirectory data, DeliverySource source)
    {
        (this.app, this.data, this.source) = (app, data, source);
        log = app.Services.GetRequiredService<ILogger<DaemonHost>>();
        proxy = app.Services.GetRequiredService<ProxyServer>();
        readiness = app.Services.GetRequiredService<Readiness>();
        probes = app.Services.GetService<ProbeServer>();
        Views = app.Services.GetRequiredService<Views>();
    }

    public Views Views { get; }

    public Wishes Wishes => app.Services.GetRequiredService<Wishes>();

    public IStore Store => app.Services.GetRequiredService<IStore>();

    /// <summary>The admin API as bound.</summary>
    public Uri Admin => new(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());

    /// <summary>Where other machines ask, as bound; null for nowhere.</summary>
    public Uri? Probes => probes?.Address;

    /// <summary>What <see cref="StopAsync"/> may take for requests, by the services that are served now.</summary>
    internal TimeSpan LongestDrain => proxy.LongestDrain;

    /// <summary>The bound listener of a target.</summary>
    public Uri AddressOf(TargetKey key) => proxy.AddressOf(key);

    /// <summary>The bound listener of a service that has one target here.</summary>
    public Uri AddressOf(string service) => proxy.AddressOf(Views.Of(service).Single().Key);

    /// <summary>Starts and returns when ready: listeners bound, a first round made.</summary>
    /// <exception cref="DaemonRefusedException">Bad files, a port in use, an unusable data directory, a second daemon on it.</exception>
    public static Task<DaemonHost> StartAsync(DaemonOptions options, CancellationToken stop) => StartAsync(options, static _ => { }, stop);

    /// <summary>As <see cref="StartAsync(DaemonOptions, CancellationToken)"/>.</summary>
    /// <param name="options">The flags of <c>run</c>.</param>
    /// <param name="tell">Takes what a person should know while nothing is there yet that could log it.</param>
    /// <param name="stop">Ends the start, also while a file or the data directory does not answer.</param>
    internal static async Task<DaemonHost> StartAsync(DaemonOptions options, Action<string> tell, CancellationToken stop)
    {
        if (options.PrometheusOptions is { } prometheus && (prometheus.Problem() ?? await prometheus.FileProblemAsync(stop)) is { } problem)
            throw new DaemonRefusedException([problem]);
        var files = new DeliverySource(options.Files, options.Abilities);
        var delivered = DeliveredBy(await files.ReadAsync(() => tell(files.SlowWords), stop));
        files.Close();
        var owned = await Blocking.RunAsync(() => Refusing(() => DataDirectory.Take(options.DataDirectory)), stop);
        var host = default(DaemonHost);
        try
        {
            host = await Blocking.RunAsync(() => Refusing(() => new DaemonHost(DaemonServices.Build(options, owned), owned, files)), stop);
            await host.BeginAsync(delivered, options, stop);
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
        await EndAsync(driving, "the last save of the evidence");
        using var time = new CancellationTokenSource(DaemonServices.AdminStop);
        await app.StopAsync(time.Token);
        if (probes is not null) await probes.StopAsync(time.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await EndAsync(driving, "the last save of the evidence");
        await Task.WhenAll(watching, following);
        await EndAsync(Task.Run(() => app.DisposeAsync().AsTask()), "closing the store");
        reloader?.Dispose();
        data.Dispose();
        stopping.Dispose();
    }

    /// <summary>A disk that hangs must not keep the process: what it was asked for last is lost then, and a restart counts what is missing.</summary>
    private async Task EndAsync(Task ending, string what)
    {
        try
        {
            await ending.WaitAsync(LastWork);
        }
        catch (TimeoutException) when (!ending.IsCompleted)
        {
            var time = DurationText.Of(LastWork);
            LogHangs(what, time);
        }
    }

    private async Task BeginAsync(ImmutableArray<Delivered> delivered, DaemonOptions options, CancellationToken stop)
    {
        // First, because it may be refused; and it answers while a big store is opened.
        if (probes is not null) await probes.StartAsync(stop);
        var router = app.Services.GetRequiredService<EmbeddedRouter>();
        var specs = await LastKnownVersions.RetainAsync([.. delivered.Select(d => d.Spec)], router, stop);
        await proxy.StartAsync(specs, stop);
        reloader = ActivatorUtilities.CreateInstance<Reloader>(app.Services, source);
        reloader.Begin(delivered, specs);
        foreach (var open in data.OpenToOthers) LogOpen(open);
        var store = app.Services.GetRequiredService<IStoreOpening>();
        var loop = app.Services.GetRequiredService<ControlLoop>();
        loop.SetServices(specs, new LastKnown(router.LastKnown) { WhenOpened = () => store.Opened is { } opened ? WhatWasLost(opened, router) : null });
        watching = Task.WhenAll(
            TellLossAsync(store, router),
            Task.Run(() => ActivatorUtilities.CreateInstance<DataWatch>(app.Services, data).RunAsync(stopping.Token), CancellationToken.None));
        app.Services.GetRequiredService<ConfigReloads>().Succeeded(options.Clock.GetUtcNow());
        if (data.Trouble is { } trouble) LogUnwritable(trouble.TrimEnd('.'));
        // Who aborts now need not wait for the store.
        await app.StartAsync(stop);
        await OpenStoreAsync(store, router.LastKnown.Any(known => specs.Any(spec => spec.Key == known.Key)), options.Clock, stop);
        driving = Task.Run(() => loop.RunAsync(stopping.Token), CancellationToken.None);
        await FirstRoundAsync(options.Clock, stop);
        following = Task.WhenAll(app.Services.GetServices<BackgroundWork>()
            .Select(work => Task.Run(() => work.RunAsync(stopping.Token), CancellationToken.None))
            .Append(Task.Run(() => reloader.FollowAsync(stopping.Token), CancellationToken.None)));
        readiness.TurnOn();
    }

    /// <summary>
    /// A big store takes seconds to check, and traffic does not wait for it. One that cannot be used now (a full disk, a read-only
    /// mount) is retried by the loop where an earlier process left what to serve; a daemon that begins is refused without one.
    /// </summary>
    private async Task OpenStoreAsync(IStoreOpening store, bool hasServed, TimeProvider clock, CancellationToken stop)
    {
        try
        {
            await store.OpenAsync(stop).WaitAsync(FirstRound, clock, stop);
        }
        catch (TimeoutException)
        {
            LogNoStore($"it is not open after {DurationText.Of(FirstRound)}");
        }
        catch (StoreUnavailableException fault) when (hasServed && !fault.IsForeign)
        {
            LogNoStore(fault.Message.TrimEnd('.'));
        }
    }

    /// <summary>Also of a store that is opened late.</summary>
    private async Task TellLossAsync(IStoreOpening store, EmbeddedRouter router)
    {
        try
        {
            if (WhatWasLost(await store.WhenOpened.WaitAsync(stopping.Token), router) is { } lost) LogLost(lost);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // It was never opened.
        }
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
            var after = DurationText.Of(FirstRound);
            LogNoRound(after);
        }
    }

    /// <summary>Why the store began anew although a daemon had kept its state here; null when nothing is known to be lost.</summary>
    private string? WhatWasLost(OpenResult opened, EmbeddedRouter router) => opened switch
    {
        { MovedAside: { } aside } => $"the store was damaged and lies at {aside} now",
        { IsLost: true } => $"the store {data.Database} is gone, though there was one",
        { IsNew: true } when !router.LastKnown.IsEmpty => $"the store {data.Database} is gone, though the last routes are still there",
        _ => null,
    };

    private static ImmutableArray<Delivered> DeliveredBy(Parsed<ImmutableArray<Delivered>> read) => read switch
    {
        Parsed<ImmutableArray<Delivered>>.Ok(var delivered) => delivered,
        Parsed<ImmutableArray<Delivered>>.Problems(var all) => throw new DaemonRefusedException([.. all.Select(p => p.ToString())]),
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "The drain was cut short: what is still open ends now")]
    private partial void LogCut();

    [LoggerMessage(Level = LogLevel.Critical, Message = "State is lost: {Why}. Every service serves the stable version of its last route, else of its file, and no version starts by itself: publish what is to come next")]
    private partial void LogLost(string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{What}")]
    private partial void LogOpen(string what);

    [LoggerMessage(Level = LogLevel.Error, Message = "{What} has not ended after {Time} (a disk that hangs?): the process ends without it")]
    private partial void LogHangs(string what, string time);

    [LoggerMessage(Level = LogLevel.Error, Message = "Started without the store: {Why}. Traffic is served as an earlier process left it, nothing is decided, and it is retried")]
    private partial void LogNoStore(string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Why}. An earlier process has used it, so what that left is served")]
    private partial void LogUnwritable(string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No round of control within {After}; traffic is served from the last snapshot")]
    private partial void LogNoRound(string after);
}
