using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Keeping;
using TrafficCtl.Kubernetes.Mesh.Ledger;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Mesh;

/// <summary>A cluster with a VirtualService in the mode patch, and the router of it.</summary>
internal sealed class MeshStage : IAsyncDisposable, IClusterTargets, IShareObserver
{
    public static readonly KubeKind VirtualService = new("networking.istio.io", "v1", "virtualservices", "VirtualService");
    public static readonly KubeName Route = new(VirtualService, "shop", "checkout");

    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private long generation = 1;

    private MeshStage(FakeKube kube, ManualClock clock)
    {
        (Kube, Clock) = (kube, clock);
        Client = new KubeClient(KubeStage.Access(kube), clock, KubeClientOptions.Default with
        {
            Seed = 7,
            MostRetries = 0,
            PerSecond = 1e6,
            Burst = 1_000_000,
        });
        Router = NewRouter();
    }

    public FakeKube Kube { get; }

    public ManualClock Clock { get; }

    public KubeClient Client { get; }

    public MeshRouter Router { get; private set; }

    public ClusterTarget? Target { get; set; } = MeshTools.Target("istio", "primary");

    public ShareSample? Sample { get; set; }

    public bool IsMeasured { get; init; }

    public RouterStatus? Last { get; private set; }

    public static async Task<MeshStage> OpenAsync(
        bool isMeasured = false, int stable = 100, int candidate = 0, string manager = "kubectl-apply")
    {
        var clock = new ManualClock();
        var kube = await FakeKube.StartAsync(clock);
        kube.Register(VirtualService);
        var stage = new MeshStage(kube, clock) { IsMeasured = isMeasured };
        stage.Restart();
        stage.Put(stable, candidate, manager);
        return stage;
    }

    /// <summary>Another process, that knows only what is on the cluster.</summary>
    public void Restart() => Router = NewRouter();

    public ClusterTarget? Find(string service) => Target;

    public ImmutableArray<Cohort> CohortsOf(string service) => [MeshTools.Employees];

    public int? Endpoints { get; set; }

    /// <summary>Services without a ready endpoint.</summary>
    public HashSet<string> Empty { get; } = new(StringComparer.Ordinal);

    public int? EndpointsOf(string @namespace, string service) => Empty.Contains(service) ? 0 : Endpoints;

    /// <summary>Services of which the server knows that they have no ready endpoint, and of which no informer has heard it.</summary>
    public HashSet<string> Unheard { get; } = new(StringComparer.Ordinal);

    /// <summary>The server does not say which endpoints there are.</summary>
    public bool IsSilent { get; set; }

    public ValueTask<int?> EndpointsNowAsync(string @namespace, string service, CancellationToken stop) => IsSilent
        ? throw new KubeException("list endpointslices: no answer", null)
        : new(Unheard.Contains(service) ? 0 : EndpointsOf(@namespace, service));

    public ShareSample? ObservedShare(string service) => Sample;

    /// <summary>Somebody writes the whole object.</summary>
    public void Put(
        int stable, int candidate, string manager = "kubectl-edit", string rule = "primary", string extra = "",
        string mirrors = "") => Kube.PutYaml(
        $$"""
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: { name: checkout, namespace: shop, annotations: { team: pay } }
        spec:
          hosts: [checkout]
          http:
          {{extra}}
          - name: {{rule}}
            retries: { attempts: 3 }
            {{(mirrors.Length == 0 ? "" : $"mirrors: {mirrors}")}}
            route:
            - { destination: { host: checkout-stable }, weight: {{stable}} }
            - { destination: { host: checkout-canary }, weight: {{candidate}} }
        """, manager);

    /// <summary>A round of the loop with a new decision: observe, then apply.</summary>
    public Task<ApplyOutcome> AskAsync(int basisPoints, bool isNew = true) => AskAsync(new ServiceRoute(
        Keys.Of("shop.checkout"), isNew ? ++generation : generation, "v1", "v2", "shop.checkout-default-1",
        Exposure.Of(Weights.OfCandidate(basisPoints))));

    /// <summary>The same for a step that copies requests.</summary>
    public Task<ApplyOutcome> ShadowAsync(int basisPoints, bool isNew = true) => AskAsync(new ServiceRoute(
        Keys.Of("shop.checkout"), isNew ? ++generation : generation, "v1", "v2", "shop.checkout-default-1",
        Exposure.OfShadow(Weights.OfCandidate(basisPoints))));

    public async Task<ApplyOutcome> AskAsync(ServiceRoute route)
    {
        Last = await Router.ObserveAsync(Keys.Of("shop.checkout"), Stop);
        return await Router.ApplyAsync(route, Stop);
    }

    public async Task<RouterStatus> ObserveAsync() => Last = (await Router.ObserveAsync(Keys.Of("shop.checkout"), Stop))!;

    public async Task<MeshException> FailsAsync(MeshFault fault, int basisPoints)
    {
        var thrown = await Assert.ThrowsAsync<MeshException>(() => AskAsync(basisPoints));
        Assert.Equal(fault, thrown.Fault);
        return thrown;
    }

    /// <summary>Time goes by, so that objects are read anew.</summary>
    public void Wait(int seconds = 5) => Clock.Advance(TimeSpan.FromSeconds(seconds));

    /// <summary>Applies and waits until it is in force.</summary>
    public async Task ReachAsync(int basisPoints)
    {
        await AskAsync(basisPoints);
        Wait(130);
        var status = await ObserveAsync();
        Assert.Null(status.Pending);
        Assert.Equal(basisPoints, Share);
    }

    /// <summary>The candidate's share in the object, basis points.</summary>
    public int Share
    {
        get
        {
            var weights = Live["spec"]!["http"]!.AsArray()[^1]!["route"]!.AsArray().Select(r => r!["weight"]!.GetValue<int>()).ToArray();
            return weights[1] * Weights.Total / weights.Sum();
        }
    }

    /// <summary>The mirrors of the managed rule: host and percentage.</summary>
    public string Mirrors => string.Join(", ", (Live["spec"]!["http"]!.AsArray()[^1]!["mirrors"] as JsonArray ?? [])
        .Select(m => $"{m!["destination"]!["host"]} {m["percentage"]!["value"]!.ToJsonString()}"));

    public JsonObject Live => Kube.Get(Route)!;

    public int Writes => Kube.Calls.Count(c => c.IsWrite && c.Resource == "virtualservices");

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Kube.DisposeAsync();
    }

    public MeshParts Parts => new(
        this, new MeshHomes(new KubeMeshObjects(Client, null, MeshSettings.Default, Clock), null),
        new KubeLedger(Client, "trafficctl", Clock),
        IsMeasured ? this : null, MeshSettings.Default, Clock);

    private MeshRouter NewRouter() => new(Parts);
}
