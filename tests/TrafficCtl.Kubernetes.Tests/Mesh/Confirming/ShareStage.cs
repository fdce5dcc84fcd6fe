using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Adapters.Metrics.Prometheus.Presets;
using TrafficCtl.Control;
using TrafficCtl.Control.Looping;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Keeping;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Mesh.Confirming;

/// <summary>The requests of one caller in each scrape interval.</summary>
/// <param name="Way">The rule or route that they take, as the metrics name it; null for those that call the Service itself.</param>
/// <param name="Service">The slot that they go to.</param>
internal sealed record Caller(string? Way, string Service, int Requests);

/// <summary>
/// The whole loop of one service on a FakeKube, in a mesh that obeys the live routing object and counts as its proxies do, and with callers
/// beside the managed rule.
/// </summary>
internal sealed class ShareStage : IAsyncDisposable
{
    public const string Service = "shop.checkout", Stable = "checkout-stable", Canary = "checkout-canary";

    private static readonly TimeSpan Scrape = TimeSpan.FromSeconds(15);
    private static readonly TargetKey Key = new(Service, ServiceSpec.DefaultEnvironment);
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private readonly ManualClock clock;
    private readonly FakeKube kube;
    private readonly KubeClient client;
    private readonly FakePrometheus prometheus = new();
    private readonly FakeStore store = new();
    private readonly Dictionary<string, double> counters = new(StringComparer.Ordinal);
    private readonly FakeMesh mesh;
    private readonly ServiceProvider process;

    private ShareStage(FakeMesh mesh, FakeKube kube, ManualClock clock)
    {
        (this.mesh, this.kube, this.clock) = (mesh, kube, clock);
        client = new KubeClient(
            KubeStage.Access(kube), clock,
            KubeClientOptions.Default with { Seed = 7, MostRetries = 0, PerSecond = 1e6, Burst = 1_000_000 });
        var targets = new FixedTargets(mesh.Target);
        process = new ServiceCollection()
            .AddSingleton<TimeProvider>(clock)
            .AddSingleton<IKube>(client)
            .AddSingleton<IStore>(store)
            .AddSingleton<IClusterTargets>(targets)
            .AddSingleton(s => new PrometheusSource(
                new HttpMessageInvoker(prometheus.Http, disposeHandler: false), new PrometheusOptions(new Uri("http://prometheus:9090")),
                targets, s.GetRequiredService<IRoutesInForce>(), _ => [], clock, NullLogger<PrometheusSource>.Instance))
            .AddSingleton<IMetricSource>(s => s.GetRequiredService<PrometheusSource>())
            .AddSingleton<IShareObserver>(s => s.GetRequiredService<PrometheusSource>())
            .AddLogging()
            .AddControl().AddTargets()
            .AddMeshRouter("trafficctl-system", MeshSettings.Default)
            .BuildServiceProvider();
    }

    /// <summary>Requests of the managed rule in each scrape interval.</summary>
    public int Managed { get; set; } = 2_000;

    /// <summary>What the mesh really does with the managed rule's requests; null for what the object says.</summary>
    public double? Obeys { get; set; }

    public List<Caller> Others { get; } = [];

    public Phase Phase => View.Newest!.Phase;

    public string Story => string.Join('\n', store.Facts.Select(f => f.Text));

    public ServiceView View => process.GetRequiredService<Views>().Find(Keys.Of(Service))!;

    /// <summary>What the router says now: what it waits for, else what a person should know.</summary>
    public string Words => View.Router?.WaitsFor ?? View.Router?.Warning ?? "";

    /// <param name="mesh">With the routing object, and others beside it.</param>
    /// <param name="steps">The weights before 100 %, in percent, each held for a minute.</param>
    public static async Task<ShareStage> OpenAsync(FakeMesh mesh, params int[] steps)
    {
        var time = new ManualClock(DateTimeOffset.FromUnixTimeSeconds(1_770_000_000));
        var cluster = await FakeKube.StartAsync(time);
        foreach (var kind in mesh.Kinds) cluster.Register(kind);
        foreach (var text in mesh.Objects) cluster.PutYaml(text);
        var stage = new ShareStage(mesh, cluster, time);
        var loop = stage.process.GetRequiredService<ControlLoop>();
        // Before the rollout the service has served for a while.
        loop.SetServices([Spec(steps) with { Versions = [new VersionSpec("v1", [])] }]);
        stage.Begin = () => loop.SetServices([Spec(steps)]);
        return stage;
    }

    /// <summary>The second version is there.</summary>
    public Action Begin { get; private set; } = () => { };

    /// <summary>Until it is so, for so many minutes at most.</summary>
    public async Task UntilAsync(Func<bool> isSo, int minutes = 20)
    {
        for (var i = 0; i < minutes * 4; i++)
        {
            await ScrapeAsync();
            if (isSo()) return;
        }

        Assert.Fail($"{Phase} {Words}\n{Story}");
    }

    public async Task MinutesAsync(int minutes)
    {
        for (var i = 0; i < minutes * 4; i++) await ScrapeAsync();
    }

    public async Task AskAsync(WishKind kind)
    {
        var wish = new Wish(0, Keys.Of(Service), kind, null, "ann", "", "a test", clock.GetUtcNow());
        var asked = process.GetRequiredService<Control.Wishing.Wishes>().MakeAsync(wish, TimeSpan.FromSeconds(1), Stop).AsTask();
        await ScrapeAsync();
        await asked;
    }

    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        client.Dispose();
        prometheus.Http.Dispose();
        await kube.DisposeAsync();
    }

    private static ServiceSpec Spec(int[] steps) => new()
    {
        Service = Service,
        Target = new EmbeddedTarget
        {
            Listen = new Listener("localhost", 0, null),
        },
        Versions = [new VersionSpec("v1", []), new VersionSpec("v2", [])],
        Stable = "v1",
        Plan = new Plan
        {
            Steps =
            [
                .. steps.Select(s => new Step(null, Weights.OfCandidate(s * 100), TimeSpan.FromMinutes(1), new MinimumEvidence(50, 0))),
            ],
            Watch = TimeSpan.FromMinutes(1),
        },
        Analysis = new Analysis
        {
            ErrorWarmUp = TimeSpan.FromSeconds(1),
            LatencyWarmUp = TimeSpan.FromSeconds(1),
            Errors = new ErrorTolerance(0.05),
            Latency = new LatencyTolerance(0.99, 0.5),
        },
    };

    /// <summary>The requests of an interval, their scrape, and the rounds of source and loop until the next one.</summary>
    private async Task ScrapeAsync()
    {
        var share = Obeys ?? mesh.ShareOf(kube);
        var candidate = (int)Math.Round(Managed * share);
        Serve(new Caller(mesh.Way, Canary, candidate));
        Serve(new Caller(mesh.Way, Stable, Managed - candidate));
        foreach (var caller in Others) Serve(caller);
        prometheus.Scrape(clock.GetUtcNow(), "proxy:15020", [.. counters.Select(c => (c.Key, c.Value))]);
        for (var i = 0; i < Scrape.TotalSeconds; i++)
        {
            mesh.Accept(kube);
            await process.GetRequiredService<PrometheusSource>().RoundAsync(Stop);
            while (await process.GetRequiredService<ControlLoop>().TurnAsync(Stop))
            {
                // Until nothing is due at this moment.
            }

            clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private void Serve(Caller caller)
    {
        if (caller.Requests == 0) return;
        var preset = mesh.Preset;
        var labels = mesh.LabelsOf(caller);
        Count($"{preset.Requests.Metric.Split('|')[0]}{{{Fixed(preset.Requests)}{labels},{mesh.Answered}}}", caller.Requests);
        foreach (var (le, part) in new[] { (0.01, 0.5), (0.05, 0.9), (double.PositiveInfinity, 1) })
        {
            var bound = double.IsInfinity(le) ? "+Inf" : (le * preset.Latency.PerSecond).ToString("R", CultureInfo.InvariantCulture);
            var series = $"{preset.Latency.Metric.Split('|')[0]}{{{Fixed(preset.Latency)}{labels},le=\"{bound}\"}}";
            Count(series, Math.Floor(caller.Requests * part));
        }
    }

    private static string Fixed(SignalQuery query) => query.Fixed.Length > 0 ? query.Fixed + "," : "";

    private void Count(string series, double by) => counters[series] = counters.GetValueOrDefault(series) + by;
}
