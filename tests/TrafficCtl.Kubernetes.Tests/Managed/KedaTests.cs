using System.Text.Json.Nodes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Managed;

/// <summary>A Deployment in managed mode that KEDA scales.</summary>
public sealed class KedaTests
{
    private const string Pause = "autoscaling.keda.sh/paused-replicas";

    private static readonly KubeName Own = new(KubeKind.ScaledObject, Shop.Space, "checkout"), Copy = Own with { Name = "checkout-stable" };

    [Fact]
    public async Task A_ScaledObject_is_copied_and_holds_the_size_of_the_copy_until_its_load_is_measured()
    {
        using var shop = new ManagedShop(replicas: 9);
        PutScaled(shop.Kube);
        Assert.Equal("apply ScaledObject shop/checkout-stable", (await shop.PassAsync())[2]);
        var spec = shop.Kube.Get(Copy)!["spec"]!;
        Assert.Equal("checkout-stable", (string)spec["scaleTargetRef"]!["name"]!);
        Assert.Equal((9, 20), ((int)spec["minReplicaCount"]!, (int)spec["maxReplicaCount"]!));
        Assert.Null(spec["idleReplicaCount"]);
        Assert.Equal("mine-stable", (string)spec["advanced"]!["horizontalPodAutoscalerConfig"]!["name"]!);
        Assert.Equal("prometheus", (string)spec["triggers"]![0]!["type"]!);

        await BornAsync(shop);
        Assert.Equal(1, (int)shop.Kube.Get(Copy)!["spec"]!["minReplicaCount"]!);
        shop.Kube.Remove(Own);
        shop.Settle();
        await shop.PassAsync();
        Assert.Null(shop.Kube.Get(Copy));
    }

    [Fact]
    public async Task The_autoscaler_that_KEDA_makes_of_one_is_neither_copied_nor_taken_for_the_controllers_own()
    {
        using var shop = new ManagedShop();
        PutScaled(shop.Kube);
        PutKedas(shop.Kube, "mine", "checkout");
        await shop.PassAsync();
        // It has the labels and annotations of what it is made of.
        PutKedas(shop.Kube, "mine-stable", "checkout-stable", shop.Kube.Get(Copy)!["metadata"]!);
        await BornAsync(shop);
        var scalers = shop.Kube.All(KubeKind.HorizontalPodAutoscaler);
        Assert.Equal(["mine", "mine-stable"], scalers.Select(s => s.NameOf()));
        Assert.DoesNotContain(shop.Kube.Writes, w => w.Contains("HorizontalPodAutoscaler", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_scaled_to_0_is_paused_and_goes_on_with_the_next_candidate()
    {
        using var shop = new ManagedShop();
        PutScaled(shop.Kube);
        await BornAsync(shop);
        Assert.Equal((0, "0"), (shop.Replicas("checkout"), shop.Kube.Get(Own)!.Annotation(Pause)));
        var writes = shop.Kube.Writes;
        Assert.True(writes.IndexOf("patch ScaledObject shop/checkout") < writes.IndexOf("patch Deployment shop/checkout"));
        Assert.Empty(await shop.PassAsync());

        shop.Deploy("checkout:v2");
        shop.Explorer.Discovery.Read();
        shop.Begin(shop.Version(1));
        await shop.PassAsync();
        Assert.Equal(3, shop.Replicas("checkout"));
        Assert.Null(shop.Kube.Get(Own)!.Annotation(Pause));
        Assert.Null(shop.Kube.Get(Own)!.Annotation("state.trafficctl.io/paused"));
    }

    [Fact]
    public async Task What_a_person_paused_is_neither_paused_again_nor_ended()
    {
        using var shop = new ManagedShop();
        PutScaled(shop.Kube, ("autoscaling.keda.sh/paused", "true"));
        await BornAsync(shop);
        shop.Deploy("checkout:v2");
        shop.Explorer.Discovery.Read();
        shop.Begin(shop.Version(1));
        await shop.PassAsync();
        Assert.Equal("true", shop.Kube.Get(Own)!.Annotation("autoscaling.keda.sh/paused"));
        Assert.DoesNotContain("patch ScaledObject shop/checkout", shop.Kube.Writes);
    }

    [Fact]
    public async Task With_its_Service_gone_for_good_the_copy_is_deleted_and_the_users_own_goes_on()
    {
        using var shop = new ManagedShop();
        PutScaled(shop.Kube);
        await BornAsync(shop);
        await shop.ClearAsync();
        PutKedas(shop.Kube, "mine-stable", "checkout-stable", shop.Kube.Get(Copy)!["metadata"]!);
        shop.Kube.Remove(Shop.Service("checkout"));
        await shop.ClearAsync();
        shop.Explorer.Clock.Advance(Departures.Grace);
        var idle = new RouterStatus(
            ServiceRoute.Idle(Keys.Of("shop.checkout"), 1, shop.Record!.LastGood), Exposure.None, new ArmHealth(2, 2, 0, null),
            new ArmHealth(0, 0, 0, null), null);
        shop.Explorer.Views.Put(ServiceView.Unknown(shop.Spec, default) with { Record = shop.Record, Router = idle });
        shop.Explorer.Discovery.Read();
        shop.Explorer.Discovery.Read();
        Assert.Equal(["patch ScaledObject shop/checkout", "patch Deployment shop/checkout"], await shop.ClearAsync());
        Shop.Settle(shop.Kube, "checkout");
        Assert.Equal(
            ["delete ScaledObject shop/checkout-stable", "delete Deployment shop/checkout-stable"], (await shop.ClearAsync()).Take(2));
        Assert.Null(shop.Kube.Get(Own)!.Annotation(Pause));
    }

    [Fact]
    public async Task Nothing_is_done_before_the_ScaledObjects_are_known()
    {
        using var shop = new ManagedShop();
        shop.Kube.NotSynced.Add(KubeKind.ScaledObject);
        Assert.Empty(await shop.PassAsync());
        shop.Kube.NotServed.Add(KubeKind.ScaledObject);
        Assert.NotEmpty(await shop.PassAsync());
    }

    private static async Task BornAsync(ManagedShop shop)
    {
        await shop.BirthAsync();
        shop.Settle();
        await shop.PassAsync();
    }

    private static void PutScaled(MemoryCluster kube, params (string Key, string Value)[] annotations)
    {
        var scaled = kube.Put(KubeKind.ScaledObject, """
            {
              "metadata": { "name": "checkout", "namespace": "shop", "annotations": {} },
              "spec": {
                "scaleTargetRef": { "name": "checkout" }, "minReplicaCount": 0, "idleReplicaCount": 0, "maxReplicaCount": 20,
                "advanced": { "horizontalPodAutoscalerConfig": { "name": "mine" } }, "triggers": [{ "type": "prometheus" }]
              }
            }
            """);
        foreach (var (key, value) in annotations) scaled["metadata"]!["annotations"]![key] = value;
    }

    private static void PutKedas(MemoryCluster kube, string name, string target, JsonNode? of = null)
    {
        var scaler = JsonNode.Parse($$"""
            {
              "metadata": { "name": "{{name}}", "namespace": "shop", "ownerReferences": [
                { "apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "name": "{{target}}", "uid": "any" } ] },
              "spec": { "scaleTargetRef": { "apiVersion": "apps/v1", "kind": "Deployment", "name": "{{target}}" }, "maxReplicas": 20 }
            }
            """)!.AsObject();
        foreach (var part in (string[])["labels", "annotations"]) scaler["metadata"]![part] = of?[part]?.DeepClone();
        scaler["metadata"]!["ownerReferences"]![0]!["uid"] = kube.Get(new KubeName(KubeKind.ScaledObject, Shop.Space, target))!.UidOf();
        kube.Put(KubeKind.HorizontalPodAutoscaler, scaler);
    }
}
