using System.Text.Json.Nodes;
using TrafficCtl.Core.Routing;
using TrafficCtl.Kubernetes;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Cluster;

/// <summary>A service that has no rollout under way.</summary>
public sealed class IdleTests
{
    private static readonly KubeName Service = new(KubeKind.Service, ShopService.Namespace, "checkout");

    [Fact]
    public async Task Weights_by_a_persons_hand_are_left_and_told_until_a_resume_writes_the_split_again()
    {
        await using var cluster = await ShopCluster.StartAsync();
        var shop = new IstioShop(cluster.Kube, "checkout").Put("v1", "v1", "");
        await using var controller = await cluster.ControlAsync("one");
        // What it found as it is wanted is its own from then on.
        await Eventually.TrueAsync(() => controller.Views.Find(Keys.Of("shop.checkout"))?.Router is { Drift: null }, "its route is known");

        Edit(cluster.Kube, shop);
        await Eventually.TrueAsync(() => Told("Drifted") is not null, "the drift is told in an event");
        Assert.EndsWith(
            "a person's change is left alone until a person decides: trafficctl resume writes checkout 100 % again", Told("Drifted"),
            StringComparison.Ordinal);
        await Eventually.TrueAsync(
            () => controller.Views
                .Find(Keys.Of("shop.checkout"))!.Warnings
                .Any(w => w.Contains("trafficctl resume writes checkout 100 % again", StringComparison.Ordinal)),
            "a view warns of it too");
        Assert.Equal(Weights.OfCandidate(4000), shop.Weight);

        cluster.Kube.Patch(
            Service,
            KubePatch.Merge(
                new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { ["trafficctl.io/resume"] = "1" } } }),
            "kubectl-annotate");
        await Eventually.TrueAsync(() => shop.Weight == Weights.AllStable, "the split is written again");
        await Eventually.TrueAsync(
            () => controller.Views.Find(Keys.Of("shop.checkout"))!.Router!.Drift is null, "nothing is left of the drift");
        await Eventually.TrueAsync(
            () =>
                Told("Ordered")?.Contains("accepted, the split is written again: everything goes to v1", StringComparison.Ordinal) == true,
            "the answer is told");

        string? Told(string reason) =>
            (string?)cluster.Kube.All(KubeKind.Event).FirstOrDefault(e => (string?)e["reason"] == reason
                && (string?)e["regarding"]!["kind"] == "Service")?["note"];
    }

    [Fact]
    public async Task Words_of_a_cluster_name_the_object_that_declares_the_service_and_no_file()
    {
        await using var cluster = await ShopCluster.StartAsync();
        var shop = new IstioShop(cluster.Kube, "checkout").Put("v1", "v1", "");
        await using var controller = await cluster.ControlAsync("one");
        await Eventually.TrueAsync(() => controller.Views.Find(Keys.Of("shop.checkout"))?.Record is not null, "it is born");
        shop.Deploy("v2");
        await Eventually.TrueAsync(
            () => Words().Contains(" is new and was never tried; it starts now", StringComparison.Ordinal),
            "the begin of its rollout is told");
        Assert.Contains(
            "as the stable version, which is what runs behind checkout by the word of Service shop/checkout", Words(),
            StringComparison.Ordinal);
        Assert.DoesNotContain("file", Words(), StringComparison.Ordinal);

        string Words() => string.Join('\n', cluster.Kube
            .All(KubeKind.Event)
            .Select(e => (string?)e["note"])
            .Concat(controller.Views.Find(Keys.Of("shop.checkout"))!.Warnings));
    }

    private static void Edit(FakeKube kube, ShopService shop)
    {
        JsonObject Replace(int route, int weight) =>
            new() { ["op"] = "replace", ["path"] = $"/spec/http/1/route/{route}/weight", ["value"] = weight };
        kube.Patch(shop.Route, KubePatch.Json([Replace(0, 60), Replace(1, 40)]), "kubectl-edit");
    }
}
