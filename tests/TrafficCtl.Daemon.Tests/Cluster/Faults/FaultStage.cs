using System.Text.Json.Nodes;
using TrafficCtl.Core.Routing;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Kubernetes;
using TrafficCtl.TestKit;

namespace TrafficCtl.Daemon.Tests.Cluster.Faults;

/// <summary>
/// A cluster with one service, whole controllers that move its traffic, something that goes wrong, and a guard that sees every write.
/// </summary>
internal sealed class FaultStage : IAsyncDisposable
{
    public const string Service = "shop.checkout";

    private const string Plan = """
        trafficctl.io/rollout: "[{ weights: [5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90], hold: 5s, at-least: { requests: 50 } }, { weights: [100], hold: 10m }]"
        trafficctl.io/holdback: "0"
        trafficctl.io/analysis.errors.worse-by: 6pp
        trafficctl.io/analysis.latency.worse-by: 900%
        trafficctl.io/analysis.latency.then: hold
        trafficctl.io/analysis.tick: 1s
        trafficctl.io/analysis.warm-up.errors: 1s
        trafficctl.io/analysis.warm-up.latency: 1s
        """;

    private FaultStage(RunningClock clock, FakeKube kube, ShopMetrics metrics)
    {
        (Clock, Kube, Metrics) = (clock, kube, metrics);
        Crew = new ControllerCrew(kube, metrics, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(1), Said);
        Guard = new SplitGuard(kube, (service, weight) => metrics.Split(service, weight.Fraction));
        Shop = new IstioShop(kube, "checkout");
        kube.Intercept = call => Crew.IsDead(call) ? new KubeFault.Drop() : Fault?.Invoke(call);
    }

    public RunningClock Clock { get; }

    public FakeKube Kube { get; }

    public ShopMetrics Metrics { get; }

    public ControllerCrew Crew { get; }

    public SplitGuard Guard { get; }

    public IstioShop Shop { get; }

    public LastLines Said { get; } = new();

    /// <summary>What goes wrong; null when nothing does.</summary>
    public Func<KubeCall, KubeFault?>? Fault { get; set; }

    /// <summary>The candidate's share that the object says.</summary>
    public Weights Weight => Shop.Weight ?? throw new InvalidOperationException("the object says no split");

    /// <summary>A service that is not served yet, and nobody who controls it.</summary>
    public static async Task<FaultStage> OpenAsync(string plan = Plan)
    {
        var clock = new RunningClock();
        var kube = await FakeKube.StartAsync(clock);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "deploy", "crds"), "trafficctl.io_*.yaml").Order())
            kube.PutFile(file);
        kube.Register(IstioShop.Kind);
        var stage = new FaultStage(clock, kube, await ShopMetrics.StartAsync(clock));
        stage.Shop.Put("v1", "v1", plan);
        return stage;
    }

    /// <summary>One controller, and a rollout that has taken its first step.</summary>
    public static async Task<FaultStage> BegunAsync(Func<DaemonOptions, DaemonOptions>? change = null)
    {
        var stage = await OpenAsync();
        await stage.ControlAsync(change);
        await stage.BeginAsync();
        return stage;
    }

    public Task<string> ControlAsync(Func<DaemonOptions, DaemonOptions>? change = null) =>
        Crew.StartAsync(options => (change ?? (static o => o))(options with { Clock = Clock }));

    /// <summary>A new version, and its first step.</summary>
    public async Task BeginAsync()
    {
        await UntilAsync(() => Guard.Decisions > 0, "the service is born");
        Shop.Deploy("v2");
        await UntilAsync(() => Guard.AtStep(0) == 1, "the rollout has begun");
    }

    /// <summary>A key of the service, as somebody annotates it.</summary>
    public void Annotate(string key, string value) => Kube.Patch(
        new KubeName(KubeKind.Service, ShopService.Namespace, Shop.Name),
        KubePatch.Merge(new JsonObject
        {
            ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [$"trafficctl.io/{key}"] = value } },
        }), "kubectl-annotate");

    /// <summary>Git's routing object, with these rules.</summary>
    public void PutRules(string rules) => Kube.PutYaml($$"""
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: { name: {{Shop.Name}}, namespace: {{ShopService.Namespace}} }
        spec:
          hosts: [{{Shop.Name}}]
          http:
        {{string.Join('\n', rules.TrimEnd().Split('\n').Select(l => "  " + l))}}
        """, "argocd-controller");

    /// <summary>The split was put on a step that is later than it is now.</summary>
    public Task GoesOnAsync()
    {
        var now = Weight;
        return UntilAsync(() => Weight > now, "the rollout goes on");
    }

    /// <summary>So much time goes by, at this speed.</summary>
    public async Task PassAsync(TimeSpan time, int speed = 20)
    {
        var (since, usual) = (Clock.GetTimestamp(), Clock.Speed);
        Clock.Speed = speed;
        await UntilAsync(() => Clock.GetElapsedTime(since) >= time, $"{time} are over");
        Clock.Speed = usual;
    }

    /// <summary>As long as it takes, and no longer than a test may; at once when somebody wrote what nobody may.</summary>
    public Task UntilAsync(Func<bool> done, string what) => Eventually.TrueAsync(
        done, what,
        seen: () => $"the split is {Shop.Weight?.ToString() ?? "none"}\n{Said}",
        wrong: () => Guard.Wrong.IsEmpty ? null : $"{string.Join('\n', Guard.Wrong.Take(20))}\n{Said}",
        by: Clock.Beats);

    public async ValueTask DisposeAsync()
    {
        Fault = null;
        await Crew.DisposeAsync();
        await Metrics.DisposeAsync();
        await Kube.DisposeAsync();
        await Clock.DisposeAsync();
    }
}
