using System.Text.Json.Nodes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Kubernetes;
using TrafficCtl.Kubernetes.Mesh.Keeping;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Cluster;

/// <summary>What the docs tell a stranger to apply is applied here, as it stands there.</summary>
public sealed class QuickstartTests
{
    private const string Service = "shop.checkout";

    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    public static TheoryData<string> Quickstarts => new(Pages("quickstart-*.md"));

    [Theory]
    [MemberData(nameof(Quickstarts))]
    public async Task Each_way_of_a_quickstart_splits_traffic_between_both_versions_and_has_no_problem(string page)
    {
        foreach (var objects in DocsPage.Read(page).Ways())
        {
            await using var cluster = await DocsCluster.StartAsync(objects);
            await Eventually.TrueAsync(() => cluster.Found(Service) is not null || !cluster.Told.IsEmpty, $"{page} declares {Service}");
            Assert.Empty(cluster.Told);
            var (stable, target) = (cluster.Found(Service)!.Stable, cluster.Found(Service)!.Cluster!);
            Assert.Equal(ApplyOutcome.Applied, await cluster.Router.ApplyAsync(ServiceRoute.Idle(Keys.Of(Service), 1, stable), Stop));
            Assert.All(cluster.Weights(target.Route), w => Assert.Equal(w.Key == "checkout-stable" ? 100 : 0, w.Value));

            cluster.Release("checkout-canary", "registry.example/checkout:v2");
            await Eventually.TrueAsync(
                () => Candidate(cluster, stable) is not null, $"{page}: a new version is seen behind checkout-canary");
            var route = new ServiceRoute(
                Keys.Of(Service), 2, stable, Candidate(cluster, stable), "rollout", Exposure.Of(Weights.OfCandidate(1000)));
            Assert.Equal(ApplyOutcome.Applied, await cluster.Router.ApplyAsync(route, Stop));
            Assert.Contains(cluster.Weights(target.Route), w => w.Key is "checkout-canary" or "canary-weight" && w.Value == 10);
            Assert.All(cluster.Weights(target.Route).Where(w => w.Key == "checkout-stable"), w => Assert.Equal(90, w.Value));
            var status = await cluster.Router.ObserveAsync(Keys.Of(Service), Stop);
            Assert.Null(status!.Warning);
            Assert.Contains(Waits(cluster), status.WaitsFor, StringComparison.Ordinal);

            var writes = cluster.Writes;
            Assert.Equal(ApplyOutcome.Applied, await cluster.Router.ApplyAsync(route with { Generation = 3 }, Stop));
            Assert.Equal(writes, cluster.Writes);
            Assert.Empty(cluster.Told);
        }
    }

    [Theory]
    [InlineData("kubernetes.md")]
    [InlineData("annotations.md")]
    public async Task Each_block_of_a_reference_page_can_stand_in_a_quickstart(string page)
    {
        var quickstart = DocsPage.Read("quickstart-istio.md").Ways().First();
        var service = quickstart.Single(o => (string?)o["kind"] == "Service" && (string?)o["metadata"]!["name"] == "checkout");
        var blocks = DocsPage.Read(page).Blocks.Where(b => !b.ObjectsWith(service).IsEmpty).ToArray();
        Assert.NotEmpty(blocks);
        foreach (var block in blocks)
        {
            var objects = DocsPage.Over(quickstart, block.ObjectsWith(service));
            // One of the two declares.
            if (objects.Any(o => (string?)o["kind"] == "Delivery")) objects = DocsPage.Over(objects, [Unannotated(service)]);
            await using var cluster = await DocsCluster.StartAsync(objects);
            await Eventually.TrueAsync(() => cluster.Found(Service) is not null || !cluster.Told.IsEmpty, $"{block.At} declares {Service}");
            Assert.True(cluster.Told.IsEmpty, $"{block.At}: {string.Join("; ", cluster.Told)}");
            Assert.Equal(
                ApplyOutcome.Applied,
                await cluster.Router.ApplyAsync(ServiceRoute.Idle(Keys.Of(Service), 1, cluster.Found(Service)!.Stable), Stop));
        }
    }

    [Fact]
    public void Every_mesh_has_a_quickstart_and_the_readme_names_each()
    {
        var routes = Pages("quickstart-*.md").SelectMany(p => DocsPage.Read(p).Blocks).SelectMany(b => b.Objects)
            .Select(o => (string?)o["metadata"]?["annotations"]?["trafficctl.io/route"])
            .OfType<string>()
            .Select(r => r[..r.IndexOf('/', StringComparison.Ordinal)]);
        Assert.Equal(
            MeshServices.Dialects.Order(StringComparer.Ordinal), routes.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        var readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        Assert.All(Pages("quickstart-*.md"), p => Assert.Contains($"docs/{p}", readme, StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_retired_says_so_before_anything_else_and_where_to_go()
    {
        var first = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "quickstart-ingress-nginx.md")).Skip(1)
            .SkipWhile(l => l.Length == 0).TakeWhile(l => l.Length > 0);
        var text = string.Join(' ', first);
        Assert.StartsWith("> **ingress-nginx was retired in March 2026.**", text, StringComparison.Ordinal);
        Assert.Contains("(quickstart-gateway-api.md)", text, StringComparison.Ordinal);
        var row = File.ReadLines(Path.Combine(Repository.Root, "README.md"))
            .Single(l => l.Contains("docs/quickstart-ingress-nginx.md", StringComparison.Ordinal));
        Assert.Contains("retired in March 2026: begin with the Gateway API", row, StringComparison.Ordinal);
    }

    /// <summary>As its page says: the other object is there, the annotation is changed, and the old ones are deleted in the end.</summary>
    [Fact]
    public async Task A_service_moves_from_ingress_nginx_to_the_Gateway_API_by_the_commands_of_the_page()
    {
        const string Page = "quickstart-ingress-nginx.md";
        var text = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", Page), Stop);
        var annotate = text.Split('\n')
            .Single(l => l.Contains("annotate service checkout --overwrite trafficctl.io/route=gateway-api", StringComparison.Ordinal));
        var annotations = new JsonObject(annotate.Split(' ')
            .Where(w => w.StartsWith("trafficctl.io/", StringComparison.Ordinal))
            .Select(w => KeyValuePair.Create(w.Split('=')[0], (JsonNode?)w.Split('=')[1])));
        Assert.Equal(2, annotations.Count);
        var route = DocsPage.Read("quickstart-gateway-api.md").Ways().First().Single(o => (string?)o["kind"] == "HTTPRoute");
        await using var cluster = await DocsCluster.StartAsync([.. DocsPage.Read(Page).Ways().First(), route]);
        await Eventually.TrueAsync(() => cluster.Found(Service) is not null, "the service is found");
        var stable = cluster.Found(Service)!.Stable;
        // v2 became good where it was rolled out: the canary's Ingress has all traffic.
        cluster.Release("checkout-canary", "registry.example/checkout:v2");
        await Eventually.TrueAsync(() => Candidate(cluster, stable) is not null, "v2 is seen");
        var good = Candidate(cluster, stable)!;
        Assert.Equal(ApplyOutcome.Applied, await cluster.Router.ApplyAsync(ServiceRoute.Idle(Keys.Of(Service), 1, good), Stop));
        Assert.Equal(100, cluster.Weights(cluster.Found(Service)!.Cluster!.Route)["canary-weight"]);

        cluster.Kube.Patch(new KubeName(KubeKind.Service, "shop", "checkout"),
            KubePatch.Merge(new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = annotations } }));
        await Eventually.TrueAsync(() => cluster.Found(Service)!.Cluster!.Route.Dialect == "gateway-api", "the other route is named");
        var old = cluster.Writes;
        Assert.Equal(ApplyOutcome.Applied, await cluster.Router.ApplyAsync(ServiceRoute.Idle(Keys.Of(Service), 2, good), Stop));
        Assert.Equal("checkout-canary 100, checkout-stable 0",
            string.Join(", ", cluster.Weights(cluster.Found(Service)!.Cluster!.Route).Select(w => $"{w.Key} {w.Value}")));
        Assert.True(cluster.Writes > old);
        Assert.Empty(cluster.Told);

        // Clients on the old way meet the same version until it is removed.
        var ingress = new KubeKind("networking.k8s.io", "v1", "ingresses", "Ingress");
        Assert.Equal(["checkout", "checkout-tc-canary"],
            cluster.Kube.All(ingress).Select(i => (string)i["metadata"]!["name"]!).Order(StringComparer.Ordinal));
        var canary = cluster.Kube.All(ingress).Single(i => (string)i["metadata"]!["name"]! == "checkout-tc-canary");
        Assert.Equal("100", (string)canary["metadata"]!["annotations"]!["nginx.ingress.kubernetes.io/canary-weight"]!);
    }

    private static string? Candidate(DocsCluster cluster, string stable) =>
        cluster.Found(Service)!.Versions.Select(v => v.Version).FirstOrDefault(v => v != stable);

    /// <summary>All that a router may have to say: no gateway is here to accept a route, and nobody measures shares.</summary>
    private static string Waits(DocsCluster cluster) => cluster.Found(Service)!.Cluster!.Route.Dialect == "gateway-api"
        ? "waits for the status of its parent"
        : "waits a moment for the mesh to follow";

    private static JsonObject Unannotated(JsonObject service)
    {
        var plain = service.DeepClone().AsObject();
        plain["metadata"]!.AsObject().Remove("annotations");
        return plain;
    }

    private static string[] Pages(string pattern) =>
        [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), pattern)
            .Select(p => Path.GetFileName(p))
            .Order(StringComparer.Ordinal)];
}
