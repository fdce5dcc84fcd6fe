using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Looping;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Recording;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Control.Wishing;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;

namespace TrafficCtl.Control.Tests;

/// <summary>One machine: a process that controls and proxies, its store on disk, its traffic, and one clock.</summary>
internal sealed class World : IDisposable
{
    public const string Service = "checkout";
    public static readonly TargetKey Key = new(Service, ServiceSpec.DefaultEnvironment);

    private ServiceProvider process;

    private readonly RecordingSettings settings;

    private readonly Func<World, IMetricSource>? source;
    private readonly IGateSource? gate;
    private readonly Action<IServiceCollection> kinds;

    /// <param name="spec">The service.</param>
    /// <param name="settings">The settings of the recording.</param>
    /// <param name="source">What the process measures by, made anew with it; null for the counters themselves.</param>
    /// <param name="gate">A live gate; null for none.</param>
    /// <param name="kinds">Adds the drivers; null for one that drives targets of any kind.</param>
    public World(ServiceSpec? spec =
        null, RecordingSettings? settings = null, Func<World, IMetricSource>? source = null, IGateSource? gate = null,
        Action<IServiceCollection>? kinds = null)
    {
        (this.source, this.gate, this.kinds) = (source, gate, kinds ?? (static services => services.AddTargets()));
        this.settings = settings ?? RecordingSettings.Default;
        Specs = [spec ?? Spec()];
        Store = new FakeStore(Calls);
        Router = new FakeRouter(Calls);
        Metrics = new FakeMetrics(Router, Clock, Calls);
        process = Start();
    }

    public ManualClock Clock { get; } = new();

    public PortCalls Calls { get; } = new();

    public FakeStore Store { get; }

    public FakeRouter Router { get; }

    public FakeMetrics Metrics { get; }

    public ImmutableArray<ServiceSpec> Specs { get; set; }

    public LastKnown? Last { get; set; }

    public ControlLoop Loop => process.GetRequiredService<ControlLoop>();

    public Views Views => process.GetRequiredService<Views>();

    public Wishes Wishes => process.GetRequiredService<Wishes>();

    public ControlMetrics Counts => process.GetRequiredService<ControlMetrics>();

    public ServiceView View => Views.Find(Keys.Of(Service))!;

    public RolloutState? Active => Store.Find(Key)?.Active;

    public Phase? Phase => View.Newest?.Phase;

    /// <summary>Two steps, wide margins and much traffic: a good version needs about ten seconds.</summary>
    public static ServiceSpec Spec(string stable = "v1", params string[] versions) => new()
    {
        Service = Service,
        Target = new EmbeddedTarget
        {
            Listen = new Listener("localhost", 0, null),
        },
        Versions = [.. (versions.Length == 0 ? ["v1", "v2"] : versions).Select(v => new VersionSpec(v, [new Uri($"http://{v}.local")]))],
        Stable = stable,
        Plan = new Plan
        {
            Steps =
            [
                new Step(null, Weights.OfCandidate(1000), TimeSpan.FromSeconds(2), new MinimumEvidence(100, 0)),
                new Step(null, Weights.OfCandidate(5000), TimeSpan.FromSeconds(2), new MinimumEvidence(100, 0)),
            ],
            Watch = TimeSpan.FromSeconds(2),
            IfUnsure = new UnsurePolicy(TimeSpan.FromSeconds(120), UnsureOutcome.Pause),
        },
        Analysis = new Analysis
        {
            Tick = TimeSpan.FromSeconds(1),
            ErrorWarmUp = TimeSpan.FromSeconds(1),
            LatencyWarmUp = TimeSpan.FromSeconds(1),
            Errors = new ErrorTolerance(0.05),
            Latency = new LatencyTolerance(0.99, 0.5),
        },
    };

    /// <summary>Takes the memory away and starts again from the store; the counters die with the process.</summary>
    /// <param name="downFor">How long no process is there.</param>
    public void Restart(TimeSpan downFor = default)
    {
        process.Dispose();
        Calls.Revive();
        Clock.Advance(downFor);
        Metrics.Restart();
        process = Start();
    }

    /// <summary>Rounds of this moment, until nothing is due.</summary>
    public async Task SettleAsync()
    {
        for (var i = 0; await TurnAsync(); i++)
            if (i > 50) throw new InvalidOperationException("the loop never comes to rest");
    }

    /// <summary>A second of traffic, then the rounds of the second.</summary>
    public async Task SecondAsync()
    {
        foreach (var spec in Specs) Metrics.Flow(spec.Service, TimeSpan.FromSeconds(1));
        Clock.Advance(TimeSpan.FromSeconds(1));
        await SettleAsync();
    }

    /// <returns>Seconds that it took.</returns>
    public async Task<int> UntilAsync(Func<World, bool> done, int seconds = 300)
    {
        for (var i = 0; i < seconds; i++)
        {
            if (done(this)) return i;
            await SecondAsync();
        }

        throw new InvalidOperationException(
            $"after {seconds} s it is {Phase}: {View.LastDecision?.Reason}; {string.Join("; ", View.Warnings)}");
    }

    /// <summary>The first rounds: birth, start, and what follows at once.</summary>
    public async Task<World> BegunAsync()
    {
        await SettleAsync();
        return this;
    }

    public Task<WishOutcome?> AskAsync(WishKind kind, string? version = null) =>
        AskAsync(new Wish(0, Keys.Of(Service), kind, version, "ann", "because", "a test", default));

    public async Task<WishOutcome?> AskAsync(Wish wish)
    {
        var answer = Wishes.MakeAsync(wish, TimeSpan.FromSeconds(5), default).AsTask();
        await SettleAsync();
        return await answer;
    }

    public void Dispose() => process.Dispose();

    private async Task<bool> TurnAsync()
    {
        var log = PortCalls.Follow();
        try
        {
            var wasDue = await Loop.TurnAsync(default);
            StageOrder.Check(log.Names);
            return wasDue;
        }
        catch (Exception) when (Calls.IsDead)
        {
            Restart();
            return true;
        }
        finally
        {
            if (Calls.IsDead) Restart();
        }
    }

    private ServiceProvider Start()
    {
        var added = new ServiceCollection();
        if (gate is not null) added.AddSingleton(gate);
        kinds(added);
        var services = added
            .AddSingleton<TimeProvider>(Clock)
            .AddSingleton<IStore>(Store)
            .AddSingleton<ITrafficRouter>(Router)
            .AddSingleton(source?.Invoke(this) ?? Metrics)
            .AddSingleton(settings)
            .AddLogging(l => l.SetMinimumLevel(LogLevel.None))
            .AddControl()
            .BuildServiceProvider();
        services.GetRequiredService<ControlLoop>().SetServices(Specs, Last);
        return services;
    }
}
