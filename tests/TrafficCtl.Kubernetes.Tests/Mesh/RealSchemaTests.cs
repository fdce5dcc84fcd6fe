using System.Text.Json.Nodes;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Dialects;
using TrafficCtl.Kubernetes.Mesh.Keeping;
using TrafficCtl.Kubernetes.Mesh.Ledger;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Mesh;

/// <summary>
/// The router against the meshes' own definitions, where they are beside this repository: the server refuses what they do not admit, and
/// defaults what they default.
/// </summary>
public class RealSchemaTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("v1")]
    [InlineData("v1beta1")]
    [InlineData("v1alpha3")]
    public async Task Istio_is_patched_under_its_own_definition(string version)
    {
        await using var stage = await OpenAsync(
            "istio", "istio/customresourcedefinitions.gen.yaml", "virtualservices.networking.istio.io",
            "destinationrules.networking.istio.io");
        stage.Put($$"""
            { apiVersion: networking.istio.io/{{version}}, kind: VirtualService, metadata: { name: checkout, namespace: shop },
              spec: { hosts: [checkout], http: [{ name: primary, timeout: 5s, retries: { attempts: 3, perTryTimeout: 1s }, corsPolicy: { maxAge: 24h },
                route: [{ destination: { host: checkout-stable } , weight: 100, headers: { request: { set: { x: y } } } }, { destination: { host: checkout-canary } }] }] } }
            """);
        await stage.RunAsync(
            MeshTools.Target("istio", "primary"), new KubeKind("networking.istio.io", version, "virtualservices", "VirtualService"));
    }

    [Fact]
    public async Task A_delegate_of_our_own_is_admitted_with_cohorts_and_buckets()
    {
        await using var stage = await OpenAsync("istio", "istio/customresourcedefinitions.gen.yaml", "virtualservices.networking.istio.io");
        var kind = new KubeKind("networking.istio.io", "v1", "virtualservices", "VirtualService");
        await stage.OwnAsync(MeshTools.Target("istio", null, RouteMode.Owned), kind);
        await stage.OwnAsync(MeshTools.Target("istio", null, RouteMode.Owned) with { IsSplitByBucket = true }, kind);
    }

    [Theory]
    [InlineData("HTTPRoute", "v1")]
    [InlineData("HTTPRoute", "v1beta1")]
    [InlineData("GRPCRoute", "v1")]
    public async Task Routes_of_the_Gateway_API_are_patched_under_their_own_definitions(string kind, string version)
    {
        var plural = kind.ToLowerInvariant() + "s";
        await using var stage =
            await OpenAsync("gateway-api", $"gateway-api/gateway.networking.k8s.io_{plural}.yaml", plural + ".gateway.networking.k8s.io");
        if (kind == "GRPCRoute") stage.Kube.Register(new KubeKind("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute"));
        stage.Put($$"""
            { apiVersion: gateway.networking.k8s.io/{{version}}, kind: {{kind}}, metadata: { name: checkout, namespace: shop },
              spec: { parentRefs: [{ name: public }], hostnames: [shop.example], rules: [{
                filters: [{ type: RequestMirror, requestMirror: { backendRef: { name: shadow, port: 80 } } }],
                backendRefs: [{ name: checkout-stable, port: 80, weight: 1 }, { name: checkout-canary, port: 80, weight: 0 }] }] } }
            """);
        await stage.RunAsync(MeshTools.Target("gateway-api"), new KubeKind("gateway.networking.k8s.io", version, plural, kind));
    }

    [Fact]
    public async Task A_route_of_our_own_is_admitted_with_cohorts_and_buckets()
    {
        await using var stage =
            await OpenAsync("gateway-api", "gateway-api/gateway.networking.k8s.io_httproutes.yaml", "httproutes.gateway.networking.k8s.io");
        var kind = new KubeKind("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute");
        await stage.OwnAsync(MeshTools.Target("gateway-api", null, RouteMode.Owned), kind);
        await stage.OwnAsync(MeshTools.Target("gateway-api", null, RouteMode.Owned) with { IsSplitByBucket = true }, kind);
    }

    [Theory]
    [InlineData("v1alpha4")]
    [InlineData("v1alpha3")]
    [InlineData("v1alpha2")]
    public async Task A_TrafficSplit_is_patched_under_its_own_definition(string version)
    {
        await using var stage = await OpenAsync("smi", "smi/trafficsplits.yaml", "trafficsplits.split.smi-spec.io");
        stage.Put($$"""
            { apiVersion: split.smi-spec.io/{{version}}, kind: TrafficSplit, metadata: { name: checkout, namespace: shop },
              spec: { service: checkout, backends: [{ service: checkout-stable, weight: 1 }, { service: checkout-canary, weight: 0 }] } }
            """);
        await stage.RunAsync(MeshTools.Target("smi"), new KubeKind("split.smi-spec.io", version, "trafficsplits", "TrafficSplit"));
    }

    private static async Task<Stage> OpenAsync(string mesh, string file, params string[] names)
    {
        var root = FindUp(Path.Combine("shared", "crds"));
        if (root is null) Assert.Skip($"the definitions of {mesh} are not beside this repository (shared/crds)");
        var kube = await FakeKube.StartAsync();
        var documents = (await File.ReadAllTextAsync(Path.Combine(root, file), Stop)).Split("\n---", StringSplitOptions.RemoveEmptyEntries);
        foreach (var name in names) kube.PutYaml(documents.Single(d => d.Contains($"\n  name: {name}\n", StringComparison.Ordinal)));
        return new Stage(kube);
    }

    private static string? FindUp(string path)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (Directory.Exists(Path.Combine(at.FullName, path))) return Path.Combine(at.FullName, path);
        return null;
    }

    private sealed class Stage(FakeKube kube) : IAsyncDisposable, IClusterTargets
    {
        private readonly ManualClock clock = new();
        private readonly KubeClient client = new(KubeStage.Access(kube), TimeProvider.System);
        private ClusterTarget? target;

        public FakeKube Kube { get; } = kube;

        public void Put(string yaml) => Kube.PutYaml(yaml);

        public ClusterTarget? Find(string service) => target;

        public System.Collections.Immutable.ImmutableArray<Cohort> CohortsOf(string service) => [MeshTools.Employees, MeshTools.Beta];

        /// <summary>A whole rollout of somebody else's object: only weights differ at each step.</summary>
        public async Task RunAsync(ClusterTarget of, KubeKind kind)
        {
            target = of;
            var router = Router();
            var before = Bare(Kube.Get(new KubeName(kind, "shop", "checkout"))!);
            var last = 0;
            foreach (var (shadow, says) in DialectList.Find(of.Route.Dialect).CanMirror
                ? new[] { (1000, "10"), (1250, "12.5"), (10_000, "100") }
                : [])
            {
                await router.ApplyAsync(Route(++last, 0) with { Exposure = Exposure.OfShadow(Weights.OfCandidate(shadow)) }, Stop);
                var text = Kube.Get(new KubeName(kind, "shop", "checkout"))!.ToJsonString();
                Assert.Contains(
                    shadow % 100 == 0 || of.Route.Dialect == "istio" ? $":{says}}}" : $"\"numerator\":{shadow}", text,
                    StringComparison.Ordinal);
            }

            foreach (var (weight, generation) in new[] { 0, 500, 25, 5000, 10_000, 0 }.Select((w, i) => (w, last + i + 1)))
            {
                await router.ApplyAsync(Route(generation, weight), Stop);
                var live = Kube.Get(new KubeName(kind, "shop", "checkout"))!;
                var text = live.ToJsonString();
                Assert.True(
                    weight == 0 || text.Contains(
                        weight % 100 == 0 ? $"\"weight\":{weight / 100}" : $"\"weight\":{weight}", StringComparison.Ordinal),
                    text);
                Assert.True(JsonNode.DeepEquals(before, Bare(live)), text);
            }
        }

        /// <summary>A rollout of our own object, with cohorts at some of its steps; each is written once.</summary>
        public async Task OwnAsync(ClusterTarget of, KubeKind kind)
        {
            target = of;
            var router = Router();
            foreach (var route in new[]
            {
                Route(1, 0), Shadow(2, 1000), Shadow(3, 1250), Route(4, 1000, new CohortWeights("employees", Weights.AllCandidate)),
                Route(5, 2500, new CohortWeights("employees", Weights.AllCandidate), new CohortWeights("beta", Weights.OfCandidate(5000))),
                Route(6, 10_000), Shadow(7, 500), Route(8, 0),
            })
            {
                await router.ApplyAsync(route, Stop);
                var writes = Kube.Calls.Count(c => c.IsWrite && c.Resource == kind.Plural);
                clock.Advance(TimeSpan.FromSeconds(10));
                await router.ApplyAsync(route, Stop);
                Assert.Equal(writes, Kube.Calls.Count(c => c.IsWrite && c.Resource == kind.Plural));
                Assert.Null((await router.ObserveAsync(Keys.Of("shop.checkout"), Stop))!.Drift);
                Assert.Equal(
                    route.Exposure.Shadow is not null,
                    string.Concat(Kube.All(kind).Select(o => o["spec"]!.ToJsonString())).Contains("irror", StringComparison.Ordinal));
            }

            foreach (var made in Kube.All(kind)) Kube.Delete(new KubeName(kind, "shop", made["metadata"]!["name"]!.GetValue<string>()));
            clock.Advance(TimeSpan.FromSeconds(10));
        }

        public async ValueTask DisposeAsync()
        {
            client.Dispose();
            await Kube.DisposeAsync();
        }

        private MeshRouter Router() => new(new MeshParts(
            this, new MeshHomes(new KubeMeshObjects(client, null, MeshSettings.Default, clock), null), new MemoryLedger(), null,
            MeshSettings.Default, clock));

        private static ServiceRoute Shadow(long generation, int share) =>
            Route(generation, 0) with { Exposure = Exposure.OfShadow(Weights.OfCandidate(share)) };

        private static ServiceRoute Route(long generation, int weight, params CohortWeights[] cohorts) =>
            new(Keys.Of("shop.checkout"), generation, "v1", "v2", "shop.checkout-default-1", new Exposure(
                Weights.OfCandidate(weight), [.. cohorts]));

        private static JsonObject Bare(JsonObject live)
        {
            var copy = live.DeepClone().AsObject();
            copy.Remove("metadata");
            Strip(copy);
            return copy;
        }

        private static void Strip(JsonNode? node)
        {
            if (node is JsonObject value)
            {
                value.Remove("weight");
                foreach (var (_, inner) in value) Strip(inner);
            }
            else if (node is JsonArray list)
            {
                foreach (var inner in list) Strip(inner);
            }
        }
    }
}
