using TrafficCtl.Core.Routing;
using TrafficCtl.Daemon.Modules.Cluster;
using TrafficCtl.Kubernetes;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Cluster;

public sealed class UninstallTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private static readonly Weights Begun = Weights.OfCandidate(2000);

    private const string Plan = """
        trafficctl.io/rollout: "[{ weights: [20, 100], hold: 1h }]"
        trafficctl.io/holdback: "0"
        """;

    [Fact]
    public async Task Takes_the_leadership_from_a_running_controller_and_sends_everything_to_stable()
    {
        await using var cluster = await ShopCluster.StartAsync();
        ShopService[] all = [new IstioShop(cluster.Kube, "istio"), new SmiShop(cluster.Kube, "smi")];
        await using var controller = await BeginAsync(cluster, all);
        var before = all.Select(s => s.Foreign()).ToArray();

        var told = new List<string>();
        var report = await Request(cluster).RunAsync(told.Add, Stop);
        Assert.False(report.IsFailed, report.Problem);
        Assert.Equal(["restored", "restored"], report.Services.Select(s => s.Outcome));
        Assert.All(all, s => Assert.Equal(Weights.AllStable, s.Weight));
        Assert.Equal(before, all.Select(s => s.Foreign()));
        Assert.Contains("one is the leader", Assert.Single(told), StringComparison.Ordinal);
        Assert.False(controller.IsLeading);
        Assert.StartsWith(
            "uninstall-",
            (string?)cluster.Kube.Get(new KubeName(KubeKind.Lease, "trafficctl-system", "trafficctl"))!["spec"]!["holderIdentity"],
            StringComparison.Ordinal);

        // The Job has the controller's rights.
        Assert.Empty(cluster.Kube.Calls
            .Where(c => !MeshRolloutTests.IsGranted(c))
            .Select(c => c.ToString())
            .Distinct(StringComparer.Ordinal));

        // Once more: nothing is its own any more.
        Assert.All((await Request(cluster).RunAsync(told.Add, Stop)).Services, s => Assert.Equal("left", s.Outcome));
    }

    [Fact]
    public async Task Leaves_what_somebody_else_changed_and_what_nothing_declares_any_more_and_tells_what_failed()
    {
        await using var cluster = await ShopCluster.StartAsync();
        ShopService[] all = [
            new SmiShop(cluster.Kube, "broken"), new SmiShop(cluster.Kube, "changed"), new SmiShop(cluster.Kube, "forgotten")
        ];
        await using (await BeginAsync(cluster, all))
        {
            // It gives the Lease back.
        }

        cluster.Kube.Patch(
            all[1].Route, KubePatch.Json([Replace("/spec/backends/1/weight", 40), Replace("/spec/backends/0/weight", 60)]), "kubectl-edit");
        cluster.Kube.Patch(
            new KubeName(KubeKind.Service, ShopService.Namespace, "forgotten"),
            KubePatch.Merge(new() { ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["annotations"] = null } }), "kubectl-edit");
        var dry = await (Request(cluster) with { IsDryRun = true }).RunAsync(static _ => { }, Stop);
        Assert.Equal(
            [("shop.broken", "restored"), ("shop.changed", "left"), ("shop.forgotten", "left")],
            dry.Services.Select(s => (s.Service, s.Outcome)));
        Assert.Equal([Begun, Weights.OfCandidate(4000), Begun], all.Select(s => s.Weight!.Value));

        cluster.Kube.Intercept = call => call is { Verb: "patch", Resource: "trafficsplits" } ? KubeFault.Forbid(call) : null;
        var report = await Request(cluster).RunAsync(static _ => { }, Stop);
        Assert.True(report.IsFailed);
        Assert.Equal(
            [("shop.broken", "failed"), ("shop.changed", "left"), ("shop.forgotten", "left")],
            report.Services.Select(s => (s.Service, s.Outcome)));
        Assert.Contains("Grant patch", report.Services[0].Words, StringComparison.Ordinal);
        Assert.Contains("forgotten-canary 20 %", report.Services[2].Words, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tells_what_is_left_when_the_time_is_over()
    {
        await using var cluster = await ShopCluster.StartAsync();
        ShopService[] all = [new SmiShop(cluster.Kube, "late")];
        await using var controller = await BeginAsync(cluster, all, lease: TimeSpan.FromMinutes(2));
        // Too short for a controller to stop in.
        var report = await (Request(cluster) with { Timeout = TimeSpan.FromSeconds(10) }).RunAsync(static _ => { }, Stop);
        Assert.True(report.IsFailed);
        Assert.Contains("not all was done within 10 s", report.Problem, StringComparison.Ordinal);
        Assert.Contains("stays as it is; run this again", Assert.Single(report.Services).Words, StringComparison.Ordinal);
        Assert.Equal(Begun, all[0].Weight);
    }

    private static async Task<DaemonHost> BeginAsync(ShopCluster cluster, ShopService[] all, TimeSpan? lease = null)
    {
        foreach (var service in all) service.Put("v1", "v1", Plan);
        var controller = await cluster.ControlAsync("one", lease: lease);
        await Eventually.TrueAsync(
            () => all.All(s => controller.Views.Find(Keys.Of($"shop.{s.Name}"))?.Record is not null), "all services are known");
        foreach (var service in all) service.Deploy("v2");
        await Eventually.TrueAsync(() => all.All(s => s.Weight == Begun), "all rollouts have begun");
        return controller;
    }

    private static UninstallRequest Request(ShopCluster cluster) =>
        new()
        {
            Access = new KubeAccess { Server = cluster.Kube.Address, From = "a test", Namespace = "trafficctl-system" },
            Timeout =
            TimeSpan.FromMinutes(1)
        };

    private static System.Text.Json.Nodes.JsonObject Replace(string path, int value) =>
        new() { ["op"] = "replace", ["path"] = path, ["value"] = value };
}
