using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Daemon.Modules.Cluster;
using TrafficCtl.Kubernetes;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Cluster;

public sealed class StandbyTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_asks_a_standby_is_told_the_leader_and_how_to_reach_it()
    {
        await using var cluster = await ShopCluster.StartAsync();
        new IstioShop(cluster.Kube, "checkout").Put("v1", "v1", "");
        await using var one = await cluster.ControlAsync("trafficctl-7d9f-abcde_1234");
        await Eventually.TrueAsync(() => one.Views.Find(Keys.Of("shop.checkout"))?.Record is not null, "the leader knows the service");
        await using var two = await cluster.ControlAsync("trafficctl-7d9f-fghij_5678");
        await Eventually.TrueAsync(
            () => two.Views.Find(Keys.Of("shop.checkout")) is not null && two.Leader == "trafficctl-7d9f-abcde_1234",
            "the standby knows the service and the leader");
        using var client = new HttpClient();

        using var refused = await WishAsync(client, two);
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains(
            "kubectl -n trafficctl-system port-forward pod/trafficctl-7d9f-abcde ", await refused.Content.ReadAsStringAsync(Stop),
            StringComparison.Ordinal);
        using var taken = await WishAsync(client, one);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        // What a standby would say of a rollout looks like the truth and is none.
        foreach (var path in (string[])[
            "v1/services", "v1/services/shop.checkout", "v1/services/shop.checkout/why", "v1/services/shop.checkout/history", "v1/watch"
        ])
        {
            using var unknown = await client.GetAsync(new Uri(two.Admin, path), HttpCompletionOption.ResponseHeadersRead, Stop);
            Assert.Equal((path, HttpStatusCode.Conflict), (path, unknown.StatusCode));
        }


        Assert.Contains(
            "trafficctl_leader 1\n", await client.GetStringAsync(new Uri(one.Probes!, "metrics"), Stop), StringComparison.Ordinal);
        Assert.Contains(
            "trafficctl_leader 0\n", await client.GetStringAsync(new Uri(two.Probes!, "metrics"), Stop), StringComparison.Ordinal);
        Assert.Equal("ok\n", await client.GetStringAsync(new Uri(one.Probes!, "healthz"), Stop));
    }

    [Fact]
    public async Task A_wish_that_another_process_recorded_is_answered_without_being_asked_for()
    {
        await using var cluster = await ShopCluster.StartAsync();
        var shop = new IstioShop(cluster.Kube, "checkout").Put("v1", "v1", "trafficctl.io/rollout: \"[{ weights: [20, 100], hold: 1h }]\"");
        await using var controller = await cluster.ControlAsync("one");
        await Eventually.TrueAsync(() => controller.Views.Find(Keys.Of("shop.checkout"))?.Record is not null, "the service is known");
        shop.Deploy("v2");
        await Eventually.TrueAsync(
            () => controller.Views.Find(Keys.Of("shop.checkout"))!.Record!.Active is not null, "its rollout has begun");

        var wish = new JsonObject
        {
            ["id"] = 99,
            ["environment"] = "default",
            ["kind"] = "pause",
            ["who"] = "ann",
            ["reason"] = "a look",
            ["from"] = "another process",
            ["at"] = "2026-11-21T07:00:00Z",
        };
        var status = new JsonObject { ["status"] = new JsonObject { ["lastWish"] = 99, ["wishes"] = new JsonArray(wish) } };
        cluster.Kube.Patch(
            new KubeName(KubeKind.Delivery, ShopService.Namespace, "checkout"), KubePatch.Merge(status), "trafficctl", "status");

        await Eventually.TrueAsync(
            () => controller.Views.Find(Keys.Of("shop.checkout"))!.Record!.Active!.Phase is Phase.Paused, "it is paused");
        Assert.Contains("by ann", controller.Views.Find(Keys.Of("shop.checkout"))!.LastDecision!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Whom_nobody_is_known_to_lead_is_asked_to_come_again() =>
        Assert.Contains("nobody is known to lead now", LeaderWords.Elsewhere("", "trafficctl-system", 9180), StringComparison.Ordinal);

    [Fact]
    public async Task A_leader_that_the_API_server_does_not_answer_says_so_and_not_that_it_stands_by()
    {
        await using var cluster = await ShopCluster.StartAsync();
        new IstioShop(cluster.Kube, "checkout").Put("v1", "v1", "");
        await using var one = await cluster.ControlAsync("one");
        await Eventually.TrueAsync(() => one.Views.Find(Keys.Of("shop.checkout"))?.Record is not null, "the leader knows the service");
        cluster.Kube.Intercept = static _ => new KubeFault.Drop();
        await Eventually.TrueAsync(() => !one.IsLeading, "it leads no longer");
        using var client = new HttpClient();
        using var refused = await WishAsync(client, one);
        var words = await refused.Content.ReadAsStringAsync(Stop);
        Assert.Contains("this controller led until it could not renew its Lease", words, StringComparison.Ordinal);
        Assert.DoesNotContain("stands by", words, StringComparison.Ordinal);
        cluster.Kube.Intercept = null;
    }

    [Theory]
    [InlineData(
        true, "one",
        "this controller led until it could not renew its Lease (no answer): every split stays as it is, no rollout goes on, "
        + "and no wish is taken until the API server answers")]
    [InlineData(
        false, "two",
        "this controller does not lead, and cannot ask who does (no answer): every split stays as it is, no rollout goes on, "
        + "and no wish is taken until the API server answers; two led when it answered last")]
    public void Who_cannot_ask_for_the_Lease_says_what_that_means(bool isOwn, string leader, string words) =>
        Assert.Equal(words, LeaderWords.Cut(isOwn, leader, "no answer."));

    private static Task<HttpResponseMessage> WishAsync(HttpClient client, DaemonHost at) => client.PostAsync(
        new Uri(at.Admin, "v1/services/shop.checkout/wishes"),
        new StringContent("""{"service":"shop.checkout","kind":"pause","reason":"a look"}""", Encoding.UTF8, "application/json"), Stop);
}
