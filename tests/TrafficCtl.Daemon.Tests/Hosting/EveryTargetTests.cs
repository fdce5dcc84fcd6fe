using System.Net.Http.Json;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Tests.Cluster;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Hosting;

/// <summary>One process drives one service in three environments: two listeners of the embedded proxy and a cluster.</summary>
public sealed class EveryTargetTests
{
    private const string Service = "shop.checkout";

    private static readonly TargetKey Test = new(Service, "test"), Prod = new(Service, "prod"), Cluster = new(Service, "cluster");

    [Fact]
    public async Task Three_rollouts_of_one_service_run_side_by_side_and_each_is_told_apart()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        await using var cluster = await ShopCluster.StartAsync();
        var onCluster = new IstioShop(cluster.Kube, "checkout");
        cluster.Obey(onCluster);
        onCluster.Put("v1", "v1", OnCluster);
        Deliver(daemon);
        await using var host = await DaemonHost.StartAsync(
            cluster.Options("one") with { Files = [daemon.DeliveryFile], DataDirectory = daemon.Data }, default);
        await Eventually.TrueAsync(
            () => host.Views.Find(Cluster)?.Record?.LastGood.StartsWith("v1+", StringComparison.Ordinal) == true,
            "the service of the cluster is known",
            seen: () => $"{Standing(host)}\n{cluster.Said}");
        onCluster.Deploy("v2");

        await Eventually.TrueAsync(
            () => host.Views.All.Length == 3 && host.Views.All.All(v => v.Record?.Active is { Phase: Phase.Observing }),
            "all three are at their first step",
            seen: () => $"{Standing(host)}\n{cluster.Said}");
        Assert.Equal(
            ["shop.checkout-cluster-1", "shop.checkout-prod-1", "shop.checkout-test-1"],
            host.Views.All.Select(v => v.Record!.Active!.Id).Order(StringComparer.Ordinal));
        await Eventually.TrueAsync(() => onCluster.Weight?.Candidate == 3_000, "the mesh has the first step");

        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false });
        var all = (await GetAsync(client, host, "v1/services"))["services"]!.AsArray();
        Assert.Equal(["cluster", "prod", "test"], all.Select(s => (string)s!["environment"]!).Order(StringComparer.Ordinal));
        var metrics = await client.GetStringAsync(new Uri(host.Admin, "metrics"));
        foreach (var key in new[] { Test, Prod, Cluster })
        {
            var path = $"v1/services/{Service}/environments/{key.Environment}";
            var status = await GetAsync(client, host, path);
            Assert.Equal($"{Service}-{key.Environment}-1", (string)status["rollout"]!["id"]!);
            Assert.StartsWith("v2", (string)status["candidate"]!["version"]!, StringComparison.Ordinal);
            var why = (await GetAsync(client, host, $"{path}/why")).ToJsonString();
            Assert.Contains($"{Service}-{key.Environment}-1", why, StringComparison.Ordinal);
            foreach (var other in host.Views.All.Where(v => v.Key != key))
                Assert.DoesNotContain(other.Record!.Active!.Id, why, StringComparison.Ordinal);
            Assert.Contains(
                $"trafficctl_rollout_phase{{service=\"{Service}\",environment=\"{key.Environment}\",target=\"default\",phase=\"Observing\"}} 1",
                metrics, StringComparison.Ordinal);
        }

        // An order in one of them reaches no other.
        var aborted = await PostAsync(client, host, $"v1/services/{Service}/environments/test/wishes", new { kind = "abort", who = "ann" });
        Assert.True((bool)aborted["accepted"]!, aborted.ToJsonString());
        await Eventually.TrueAsync(() => host.Views.Find(Test) is { Record.Active: null }, "the rollout in test is over");
        Assert.Equal(5_000, host.Views.Find(Prod)!.Router!.EffectiveExposure.General.Candidate);
        Assert.Equal(3_000, onCluster.Weight?.Candidate);

        aborted = await PostAsync(client, host, $"v1/services/{Service}/environments/cluster/wishes", new { kind = "abort", who = "ben" });
        Assert.True((bool)aborted["accepted"]!, aborted.ToJsonString());
        await Eventually.TrueAsync(() => onCluster.Weight?.Candidate == 0, "the mesh sends everything to stable");
        Assert.Equal("shop.checkout-prod-1", host.Views.Find(Prod)!.Record!.Active!.Id);
    }

    [Fact]
    public async Task A_target_that_files_and_the_cluster_both_declare_stays_with_the_files_and_is_reported()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        await using var cluster = await ShopCluster.StartAsync();
        new IstioShop(cluster.Kube, "checkout").Put("v1", "v1", "trafficctl.io/environment: prod");
        Deliver(daemon);
        await using var host = await DaemonHost.StartAsync(
            cluster.Options("one") with { Files = [daemon.DeliveryFile], DataDirectory = daemon.Data }, default);

        const string Said = "the delivery files and the cluster both declare shop.checkout@prod: that of the delivery files is in force";
        await Eventually.TrueAsync(
            () => host.Views.Find(Prod)!.Warnings.Any(w => w.StartsWith(Said, StringComparison.Ordinal)), "it is reported");
        Assert.IsType<EmbeddedTarget>(host.Views.Find(Prod)!.Spec.Target);
    }

    [Fact]
    public async Task While_another_process_holds_the_Lease_the_services_of_the_cluster_wait_and_those_of_the_files_do_not()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        await using var cluster = await ShopCluster.StartAsync();
        new IstioShop(cluster.Kube, "checkout").Put("v1", "v1", OnCluster);
        Deliver(daemon);
        var first = await cluster.ControlAsync("other");
        await Eventually.TrueAsync(() => first.IsLeading, "another process leads");
        await using var host = await DaemonHost.StartAsync(
            cluster.Options("one") with { Files = [daemon.DeliveryFile], DataDirectory = daemon.Data }, default);

        await Eventually.TrueAsync(
            () => host.Views.Find(Prod)!.Warnings.Any(w => w.Contains("other holds the Lease", StringComparison.Ordinal)),
            "it is reported who leads");
        Assert.Null(host.Views.Find(Cluster));
        await Eventually.TrueAsync(
            () => host.Views.Find(Prod)!.Record?.Active is { Phase: Phase.Observing }, "the rollout behind the proxy goes on");

        await first.DisposeAsync();
        await Eventually.TrueAsync(
            () => host.Views.Find(Cluster)?.Record?.LastGood.StartsWith("v1+", StringComparison.Ordinal) == true,
            "it drives the cluster once the Lease is free");
    }

    private static string Standing(DaemonHost host) => string.Join(
        '\n', host.Views.All.Select(
            v => $"{v.Key}: {v.Newest?.Phase}: {v.LastDecision?.Reason}; {string.Join("; ", v.Warnings)}; {v.RecordTrouble}"));

    private const string OnCluster = """
        trafficctl.io/environment: cluster
        trafficctl.io/rollout: "[{ weights: [30, 100], hold: 1d }]"
        """;

    private static void Deliver(RealDaemon daemon) => File.WriteAllText(
        daemon.DeliveryFile,
        string.Join("---\n", new[] { "test", "prod" }.Select(environment => $$"""
            service: {{Service}}
            environment: {{environment}}
            listen: http://127.0.0.{{(environment == "prod" ? 2 : 1)}}:0
            versions:
              v1: [{{daemon.V1.Address.AbsoluteUri.TrimEnd('/')}}]
              v2: [{{daemon.V2.Address.AbsoluteUri.TrimEnd('/')}}]
            stable: v1
            rollout: [{ weights: [50, 100], hold: 1d }]
            drain: { delay: 0s, max: 1s }

            """)));

    private static async Task<JsonNode> GetAsync(HttpClient client, DaemonHost host, string path)
    {
        using var answer = await client.GetAsync(new Uri(host.Admin, path));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    private static async Task<JsonNode> PostAsync(HttpClient client, DaemonHost host, string path, object body)
    {
        using var answer = await client.PostAsJsonAsync(new Uri(host.Admin, path), body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }
}
