using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Adapters.Storage;
using TrafficCtl.Control;
using TrafficCtl.Control.Files;
using TrafficCtl.Control.Leading;
using TrafficCtl.Control.Looping;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Recording;
using TrafficCtl.Control.Targets;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Daemon.Telemetry;
using TrafficCtl.Proxy;
using TrafficCtl.Proxy.Hosting;
using TrafficCtl.Proxy.Routing;
using TrafficCtl.Proxy.Settings;
using TrafficCtl.Proxy.Signals;

namespace TrafficCtl.Daemon.Modules.Proxy;

/// <summary>The services of delivery files behind the embedded proxy, and the store in the data directory.</summary>
/// <remarks>
/// Traffic first: the proxy serves from its own snapshot before the store is opened, and goes on serving while the rest
/// stops. Nothing is restored on the way out: the last split is the state of record's, and stays.
/// </remarks>
internal sealed partial class ProxyModule : IModule
{
    private readonly DaemonOptions options;
    private readonly DeliverySource source;
    private readonly Deliveries delivered;
    private readonly DataDirectory data;

    // The parts of the built process.
    private Parts? parts;

    private ProxyModule(DaemonOptions options, DeliverySource source, Deliveries delivered, DataDirectory data) =>
        (this.options, this.source, this.delivered, this.data) = (options, source, delivered, data);

    public TimeSpan LongestDrain => Built.Proxy.LongestDrain;

    private Parts Built => parts ?? throw new InvalidOperationException("The module has not begun.");

    /// <summary>Reads the files and takes the data directory.</summary>
    /// <param name="options">With files.</param>
    /// <param name="tell">Takes what a person should know while nothing is there yet that could log it.</param>
    /// <param name="stop">Ends it, also while a file or the data directory does not answer.</param>
    /// <exception cref="DaemonRefusedException">Bad files, an unusable data directory, a second process on it.</exception>
    public static async Task<ProxyModule> PrepareAsync(DaemonOptions options, Action<string> tell, CancellationToken stop)
    {
        var files = new DeliverySource(options.Files, options.Abilities);
        var read = await files.ReadAsync(() => tell(files.SlowWords), stop) switch
        {
            Parsed<Deliveries>.Ok(var all) => all,
            Parsed<Deliveries>.Problems(var all) => throw new DaemonRefusedException([.. all.Select(p => p.ToString())]),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        files.Close();
        var directory = await Blocking.RunAsync(() => StartRefusals.Making(() => DataDirectory.Take(options.DataDirectory)), stop);
        return new ProxyModule(options, files, read, directory);
    }

    public void Add(IServiceCollection services)
    {
        services.AddSingleton(RecordingSettings.Default with { Keep = options.KeepWindows });
        services.AddSqliteStore(data.Database);
        services.AddSingleton<ILeadership, SoleLeadership>();
        services.AddProxy(data.Path, options.InlineScheduling ? Scheduling.Inline : Scheduling.Plain, options.CookieKeys);
        services.AddSingleton<RunningServices>();
        services.AddSingleton<ServedServices>();
        services.AddSingleton<DeclaredPipelines>();
        services.AddSingleton<DataSigns>();
        services.AddSingleton<Func<ImmutableArray<ServiceTotals>>>(static s => s.GetRequiredService<EmbeddedRouter>().Totals);
        services.AddSingleton<RouterNow>(static s => s.GetRequiredService<EmbeddedRouter>().Now);
        services.AddSingleton<TargetAddresses>(static s =>
        {
            var proxy = s.GetRequiredService<ProxyServer>();
            return key => proxy.Serves(key) ? proxy.AddressOf(key) : null;
        });
        if (options.PrometheusOptions is { } prometheus)
        {
            services.AddQueriedMetrics(
                prometheus, static s => s.GetRequiredService<EmbeddedRouter>(),
                static s => () => RolloutsOf(s.GetRequiredService<Views>()));
        }

        services.AddTargets<EmbeddedTarget>(s => new TargetDriver(
            s.GetRequiredService<EmbeddedRouter>(),
            (IMetricSource?)s.GetService<QueriedMetrics>() ?? s.GetRequiredService<EmbeddedRouter>(),
            [.. s.GetServices<IGateSource>()], options.Abilities));
    }

    public async Task BeginAsync(IServiceProvider services, CancellationToken stop)
    {
        var built = parts = new Parts(services, source, data);
        var router = built.Router;
        ImmutableArray<ServiceSpec> ofPipelines =
            [.. delivered.Pipelines.SelectMany(static p => p.Spec.Targets).Select(static t => t.Template)];
        var specs = await LastKnownVersions.RetainAsync([.. delivered.Services.Select(static d => d.Spec)], router, ofPipelines, stop);
        await built.Served.StartAsync(specs, LastKnownVersions.Left(ofPipelines, router), stop);
        services.GetRequiredService<DeclaredPipelines>().Set([.. delivered.Pipelines.Select(static p => p.Spec)]);
        built.Reloader.Begin(delivered, specs);
        foreach (var open in data.OpenToOthers) LogOpen(built.Log, open);
        if (data.Trouble is { } trouble) LogUnwritable(built.Log, trouble.TrimEnd('.'));
        built.Loop.SetServices(specs, new LastKnown(router.LastKnown)
        {
            WhenOpened = () => built.Store.Opened is { } opened ? built.Store.WhatWasLost(opened) : null,
        });
        services.GetRequiredService<ConfigReloads>().Succeeded();
    }

    public Task OpenAsync(CancellationToken stop)
    {
        var hasServed = Built.Router.LastKnown.Any(known =>
            delivered.Services.Any(d => d.Spec.Key == known.Key) || delivered.PipelineTargets.Contains(known.Key));
        return Built.Store.OpenAsync(hasServed, stop);
    }

    public Task RunAsync(CancellationToken stop) =>
        Task.WhenAll(Built.Store.TellLossAsync(stop), Built.Watch.RunAsync(stop), Built.Reloader.FollowAsync(stop));

    public Task WarmUpAsync(CancellationToken stop) => Built.FirstRound.WaitAsync(stop);

    public async Task DrainAsync(CancellationToken stop)
    {
        try
        {
            await Built.Proxy.DrainAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What is left is cut with the listeners; the evidence is saved all the same.
            LogCut(Built.Log);
        }
    }

    /// <summary>Reads the files again. On any problem the last good ones stay in force and the problems are returned.</summary>
    public Task<ImmutableArray<string>> ReloadAsync(CancellationToken stop) => Built.Reloader.ReloadAsync(stop);

    public void Dispose()
    {
        parts?.Reloader.Dispose();
        data.Dispose();
    }

    private static ImmutableArray<QueriedRollout> RolloutsOf(Views views) =>
    [
        .. from view in views.All
           let active = view.Record?.Active
           where active is not null && view.Spec.Target is EmbeddedTarget
           select new QueriedRollout(view.Key, active.Id, active.Stable, active.Candidate, view.Spec.Analysis.Metrics),
    ];

    /// <summary>What the module uses of the built process.</summary>
    private sealed class Parts(IServiceProvider services, DeliverySource source, DataDirectory data)
    {
        public ILogger Log { get; } = services.GetRequiredService<ILogger<ProxyModule>>();

        public ProxyServer Proxy { get; } = services.GetRequiredService<ProxyServer>();

        public ServedServices Served { get; } = services.GetRequiredService<ServedServices>();

        public EmbeddedRouter Router { get; } = services.GetRequiredService<EmbeddedRouter>();

        public ControlLoop Loop { get; } = services.GetRequiredService<ControlLoop>();

        public OwnStore Store { get; } = ActivatorUtilities.CreateInstance<OwnStore>(services, data);

        public DataWatch Watch { get; } = ActivatorUtilities.CreateInstance<DataWatch>(services, data);

        public FirstRound FirstRound { get; } = ActivatorUtilities.CreateInstance<FirstRound>(services);

        public Reloader Reloader { get; } = ActivatorUtilities.CreateInstance<Reloader>(services, source);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The drain was cut short: what is still open ends now")]
    private static partial void LogCut(ILogger log);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{What}")]
    private static partial void LogOpen(ILogger log, string what);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Why}. An earlier process has used it, so what that left is served")]
    private static partial void LogUnwritable(ILogger log, string why);
}
