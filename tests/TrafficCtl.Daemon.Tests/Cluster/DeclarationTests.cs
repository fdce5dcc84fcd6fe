using TrafficCtl.Kubernetes;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Cluster;

public sealed class DeclarationTests
{
    [Fact]
    public async Task What_was_written_to_a_route_is_on_record_beside_the_Lease_where_an_uninstall_looks_for_it()
    {
        await using var cluster = await ShopCluster.StartAsync();
        var shop = new IstioShop(cluster.Kube, "checkout");
        shop.Put("v1", "v1", "");
        await using var controller = await cluster.ControlAsync("one", leaseNamespace: "elsewhere");
        await Eventually.TrueAsync(
            () => controller.Views.Find(Keys.Of("shop.checkout"))?.Record is not null, "the controller knows the service");
        shop.Deploy("v2");
        await Eventually.TrueAsync(() => shop.Weight?.Candidate > 0, "the first step is written");
        Assert.Equal(["elsewhere"], cluster.Kube.All(KubeKind.ConfigMap).Select(c => (string?)c["metadata"]!["namespace"]));
        Assert.Equal(["elsewhere"], cluster.Kube.All(KubeKind.Lease).Select(c => (string?)c["metadata"]!["namespace"]));
    }

    [Fact]
    public async Task A_declaration_that_was_changed_and_refused_is_a_warning_of_its_service_until_it_is_right()
    {
        await using var cluster = await ShopCluster.StartAsync();
        var shop = new IstioShop(cluster.Kube, "checkout");
        shop.Put("v1", "v1", "");
        new IstioShop(cluster.Kube, "basket").Put("v1", "v1", "");
        await using var controller = await cluster.ControlAsync("one");
        await Eventually.TrueAsync(() => Record("checkout") && Record("basket"), "the controller knows both services");

        shop.Put("v1", "v1", "trafficctl.io/abrot: \"1\"");
        await Eventually.TrueAsync(
            () => Warning("checkout").Contains("the last valid one stays in force", StringComparison.Ordinal),
            "the service says that its declaration is refused");
        Assert.Contains("did you mean \"abort\"?", Warning("checkout"), StringComparison.Ordinal);
        Assert.DoesNotContain("declaration", Warning("basket"), StringComparison.Ordinal);

        shop.Put("v1", "v1", "");
        await Eventually.TrueAsync(
            () => !Warning("checkout").Contains("declaration", StringComparison.Ordinal), "the warning is withdrawn");

        bool Record(string name) => controller.Views.Find(Keys.Of($"shop.{name}"))?.Record is not null;
        string Warning(string name) => string.Join('\n', controller.Views.Find(Keys.Of($"shop.{name}"))!.Warnings);
    }
}
