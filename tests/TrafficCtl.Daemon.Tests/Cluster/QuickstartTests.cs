using System.Text.Json.Nodes;
using TrafficCtl.Adapters.Mesh;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Routing;
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
            Assert.Equal(ApplyOutcome.Applied, await cluster.Router.ApplyAsync(ServiceRoute.Idle(Service, 1, stable), Stop));
            Assert.All(cluster.Weights(target.Route), w => Assert.Equal(w.Key == "checkout-stable" ? 100 : 0, w.Value));

            cluster.Release("checkout-canary", "registry.example/checkout:v2");
            await Eventually.TrueAsync(() => Candidate(cluster, stable) is not null, $"{page}: a new version is seen behind checkout-canary");
            var route = new ServiceRoute(Service, 2, stable, Candidate(cluster, stable), "rollout", Exposure.Of(Weights.OfCandidate(1000)));
            Assert.Equal(ApplyOutcome.Applied, await cluster.Router.ApplyAsync(route, Stop));
            Assert.Contains(cluster.Weights(target.Route), w => w.Key is "checkout-canary" or "canary-weight" && w.Value == 10);
            Assert.All(cluster.Weights(target.Route).Where(w => w.Key == "checkout-stable"), w => Assert.Equal(90, w.Value));
            var status = await cluster.Router.ObserveAsync(Service, Stop);
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
            Assert.Equal(ApplyOutcome.Applied, await cluster.Router.ApplyAsync(ServiceRoute.Idle(Service, 1, cluster.Found(Service)!.Stable), Stop));
        }
    }

    [Fact]
    public void Every_mesh_has_a_quickstart_and_the_readme_names_each()
    {
        var routes = Pages("quickstart-*.md").SelectMany(p => DocsPage.Read(p).Blocks).SelectMany(b => b.Objects)
            .Select(o => (string?)o["metadata"]?["annotations"]?["trafficctl.io/route"]).OfType<string>().Select(r => r[..r.IndexOf('/', StringComparison.Ordinal)]);
        Assert.Equal(MeshServices.Dialects.Order(StringComparer.Ordinal), routes.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        var readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        Assert.All(Pages("quickstart-*.md"), p => Assert.Contains($"docs/{p}", readme, StringComparison.Ordinal));
    }

    private static string? Candidate(DocsCluster cluster, string stable) => cluster.Found(Service)!.Versions.Select(v => v.Version).FirstOrDefault(v => v != stable);

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
        [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), pattern).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];
}
