using System.Text.Json.Nodes;

using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Tests.Discovery;
using TrafficCtl.Kubernetes.Tests.Mesh;
using TrafficCtl.TestKit;
using TrafficCtl.TestKit.Contracts;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Managed;

/// <summary>The deletion of a root Service is an order with a grace.</summary>
public sealed class DepartureTests
{
    private static readonly string[] Slots = ["checkout-stable", "checkout-candidate"];

    [Fact]
    public async Task A_root_Service_that_is_replaced_takes_nothing_with_it_and_nothing_is_written_for_it()
    {
        using var shop = await ServingAsync();
        var before = shop.Spec;
        shop.Replace(Shop.Service("checkout"));
        Assert.Empty(shop.Kube.Collected);
        Assert.Empty(await shop.PassAsync());
        Assert.Empty(await shop.ClearAsync());
        Assert.Equal(before.Cluster!.Slots, shop.Spec.Cluster!.Slots);
    }

    [Fact]
    public async Task While_the_root_Service_is_away_for_less_than_the_grace_the_service_is_controlled_as_before()
    {
        using var shop = await ServingAsync();
        var before = shop.Spec;
        shop.Kube.Remove(Shop.Service("checkout"));
        Assert.Empty(await shop.ClearAsync());
        shop.Explorer.Clock.Advance(Departures.Grace - TimeSpan.FromSeconds(1));
        Assert.Empty(await shop.ClearAsync());
        Assert.Same(before, shop.Spec);
        var state = Assert.Single(shop.Explorer.Discovery.Services.Declared);
        Assert.StartsWith(
            "Service shop/checkout was deleted: it is controlled as before for 60 s", state.Leaving, StringComparison.Ordinal);
        Assert.Single(shop.Explorer.Told, t => t.Reason == "ServiceDeleted");

        PutRoot(shop);
        await shop.ClearAsync();
        Assert.Null(Assert.Single(shop.Explorer.Discovery.Services.Declared).Leaving);
        Assert.Single(shop.Explorer.Told, t => t.Reason == "ServiceBack");
        Assert.Equal(before.Cluster!.Slots, shop.Spec.Cluster!.Slots);
    }

    [Fact]
    public async Task When_it_stays_away_everything_that_was_made_goes_and_the_users_own_pods_are_back_first()
    {
        using var shop = await ServingAsync();
        Assert.Equal(0, shop.Replicas("checkout"));
        shop.Kube.Remove(Shop.Service("checkout"));
        await shop.ClearAsync();
        shop.Explorer.Clock.Advance(Departures.Grace);

        // Ending, over, released: and then the pods that were scaled down for the copy.
        End(shop);
        Assert.Equal(["patch Deployment shop/checkout"], await shop.ClearAsync());
        Assert.Equal(3, shop.Replicas("checkout"));
        shop.Kube.Edit(Shop.Deployment("checkout"), d => d["status"]!["readyReplicas"] = 0);
        Assert.Empty(await shop.ClearAsync());
        Shop.Settle(shop.Kube, "checkout");
        Assert.Equal(
            ["delete Deployment shop/checkout-stable", "delete Service shop/checkout-candidate", "delete Service shop/checkout-stable"],
            await shop.ClearAsync());
        Assert.Equal([], shop.Explorer.Sets[^1]);
        Assert.Contains("Cleared", shop.Explorer.Reasons);
        Assert.Empty(await shop.ClearAsync());

        // Applied again much later it begins again with the version that was good.
        shop.Record = null;
        PutRoot(shop);
        Assert.Contains("apply Deployment shop/checkout-stable", await shop.PassAsync());
    }

    [Fact]
    public async Task Nothing_goes_that_a_route_still_sends_requests_to()
    {
        using var shop = await ServingAsync();
        PutRoute(shop.Kube, "checkout-stable.shop.svc.cluster.local");
        shop.Kube.Remove(Shop.Service("checkout"));
        await shop.ClearAsync();
        shop.Explorer.Clock.Advance(Departures.Grace);
        End(shop);
        Assert.Empty(await shop.ClearAsync());
        Assert.Empty(await shop.ClearAsync());
        Assert.Contains(
            "VirtualService shop/checkout still sends requests to Service checkout-candidate or checkout-stable",
            Assert.Single(shop.Explorer.Told, t => t.Reason == "StillUsed").Note, StringComparison.Ordinal);

        shop.Kube.Remove(MeshStage.Route);
        Assert.Equal(["patch Deployment shop/checkout"], await shop.ClearAsync());
    }

    [Fact]
    public async Task Nothing_goes_whose_pods_a_Service_of_the_user_still_selects()
    {
        using var shop = await ServingAsync();
        Shop.PutService(shop.Kube, "checkout-internal", "checkout-stable");
        shop.Kube.Remove(Shop.Service("checkout"));
        await shop.ClearAsync();
        shop.Explorer.Clock.Advance(Departures.Grace);
        End(shop);
        Assert.Empty(await shop.ClearAsync());
        Assert.Contains(
            "Service shop/checkout-internal still selects the pods of Deployment checkout-stable",
            Assert.Single(shop.Explorer.Told, t => t.Reason == "StillUsed").Note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_that_failed_is_not_scaled_up_again_for_it()
    {
        using var shop = await ServingAsync();
        shop.Deploy("checkout:bad");
        shop.Kube.Edit(
            Shop.Deployment("checkout-stable"), d => d["metadata"]!["annotations"]!["state.trafficctl.io/parked"] = "bad+1 behind v1+2");
        shop.Kube.Remove(Shop.Service("checkout"));
        await shop.ClearAsync();
        shop.Explorer.Clock.Advance(Departures.Grace);
        End(shop);
        Assert.Contains("delete Deployment shop/checkout-stable", await shop.ClearAsync());
        Assert.Equal(0, shop.Replicas("checkout"));
    }

    [Fact]
    public async Task Configuration_that_another_Deployment_names_stays_until_none_does()
    {
        using var shop = new ManagedShop(with: d => d["spec"]!["template"]!["spec"]!["containers"]![0]!["envFrom"] = new JsonArray(
            new JsonObject { ["configMapRef"] = new JsonObject { ["name"] = "settings" } }));
        Shop.PutConfig(shop.Kube, "settings", "a=1");
        await shop.BirthAsync();
        var config = shop.Kube.All(KubeKind.ConfigMap).Single(c => c["metadata"]!["labels"] is not null).NameOf();
        Shop.PutDeployment(shop.Kube, "other", "other:v1", with: d => d["spec"]!["template"]!["spec"]!["volumes"] = new JsonArray(
            new JsonObject { ["name"] = "v", ["configMap"] = new JsonObject { ["name"] = config } }));
        shop.Kube.Remove(Shop.Service("checkout"));
        await shop.ClearAsync();
        shop.Explorer.Clock.Advance(Departures.Grace);
        End(shop);
        await shop.ClearAsync();
        Assert.Null(shop.Kube.Get(Shop.Deployment("checkout-stable")));
        Assert.NotNull(shop.Kube.Get(new KubeName(KubeKind.ConfigMap, Shop.Space, config)));

        shop.Kube.Remove(Shop.Deployment("other"));
        Assert.Equal([$"delete ConfigMap shop/{config}"], await shop.ClearAsync());
    }

    [Fact]
    public async Task What_an_earlier_build_made_is_not_taken_by_the_garbage_collector_any_more()
    {
        using var shop = await ServingAsync();
        var root = shop.Kube.Get(Shop.Service("checkout"))!.UidOf();
        foreach (var name in Slots.Select(Shop.Service).Append(Shop.Deployment("checkout-stable")))
            shop.Kube.Edit(name, o => o["metadata"]!["ownerReferences"] = new JsonArray(
                new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Service", ["name"] = "checkout", ["uid"] = root },
                new JsonObject { ["apiVersion"] = "acme.io/v1", ["kind"] = "App", ["name"] = "shop", ["uid"] = "somebody's" }));

        Assert.Equal(
            ["patch Deployment shop/checkout-stable", "patch Service shop/checkout-candidate", "patch Service shop/checkout-stable"],
            await shop.ClearAsync());
        var owners = shop.Kube.Get(Shop.Deployment("checkout-stable"))!["metadata"]!["ownerReferences"]!.AsArray();
        Assert.Equal(["App"], owners.Select(o => (string)o!["kind"]!));
        Assert.Empty(await shop.ClearAsync());
        Assert.Empty(await shop.PassAsync());
    }

    [Fact]
    public async Task A_root_Service_that_no_informer_has_heard_of_yet_is_asked_of_the_server_before_anything_goes()
    {
        using var shop = await ServingAsync();
        shop.Kube.Remove(Shop.Service("checkout"));
        await shop.ClearAsync();
        shop.Explorer.Clock.Advance(Departures.Grace);
        End(shop);
        PutRoot(shop);
        shop.Kube.IsUnheard = name => name == Shop.Service("checkout");
        Assert.Empty(await shop.ClearAsync());
    }

    [Fact]
    public async Task A_new_leader_begins_the_grace_anew_and_goes_on_with_the_declaration_that_was_kept()
    {
        using var shop = await ServingAsync();
        await shop.ClearAsync();
        shop.Kube.Remove(Shop.Service("checkout"));
        using var next = new Explorer(shop.Kube);
        next.Discovery.Read();
        Assert.Equal(shop.Spec.Cluster!.Route, Assert.Single(next.Sets[^1]).Cluster!.Route);
        next.Clock.Advance(Departures.Grace - TimeSpan.FromSeconds(1));
        next.Discovery.Read();
        Assert.Equal(Departure.Grace, Assert.Single(next.Discovery.Services.All).Departure);
        next.Leads = false;
        next.Clock.Advance(TimeSpan.FromHours(1));
        next.Discovery.Read();
        Assert.Equal(Departure.Grace, Assert.Single(next.Discovery.Services.All).Departure);
    }

    [Fact]
    public async Task A_namespace_that_is_deleted_leaves_nothing_behind_and_nothing_to_wait_for()
    {
        using var shop = await ServingAsync();
        foreach (var kind in ClusterDiscovery.Needed)
            foreach (var thing in shop.Kube.All(kind))
            {
                Assert.Null(thing["metadata"]!["finalizers"]);
                shop.Kube.Remove(new KubeName(kind, Shop.Space, thing.NameOf()));
            }

        shop.Record = null;
        for (var i = 0; i < 4; i++)
        {
            Assert.Empty(await shop.PassAsync());
            Assert.Empty(await shop.ClearAsync());
            shop.Explorer.Clock.Advance(Departures.Grace + Departures.Limit);
        }

        Assert.Empty(shop.Explorer.Discovery.Services.All);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Where_it_stays_away_in_a_rollout_the_engine_is_left_the_good_version_alone_until_all_traffic_is_on_it(bool isStuck)
    {
        var kube = new MemoryCluster();
        Shop.PutPair(kube, canary: "v2");
        using var explorer = new Explorer(kube);
        var spec = explorer.Read();
        var record = Examples.Start(0, 1, new TargetKey(spec.Service, spec.Environment)).Record with { LastGood = spec.Stable };
        explorer.Views.Put(ServiceView.Unknown(spec, default) with { Record = record });
        kube.Remove(Shop.Service("checkout"));
        explorer.Discovery.Read();
        Assert.Equal(2, Assert.Single(explorer.Sets[^1]).Versions.Length);
        explorer.Clock.Advance(Departures.Grace);

        var ending = explorer.Read();
        Assert.Equal(spec.Stable, Assert.Single(ending.Versions).Version);
        Assert.Equal([(spec.Stable, true), (null, false)], ending.Cluster!.Slots.Select(s => (s.Version, s.IsReady)));
        Assert.Same(ending, explorer.Read());

        if (isStuck) explorer.Clock.Advance(Departures.Limit);
        else
            explorer.Views.Put(ServiceView.Unknown(ending, default) with
            {
                Record = record with { Active = null },
                Router = Idle(spec.Service, spec.Stable),
            });
        explorer.Discovery.Read();
        Assert.Empty(explorer.Sets[^1]);
        Assert.NotNull(explorer.Discovery.Find(spec.Service));
        explorer.Discovery.LetGo(spec.Service);
        explorer.Discovery.Read();
        Assert.Null(explorer.Discovery.Find(spec.Service));
        Assert.Equal(isStuck, explorer.Reasons.Contains("LeftInRollout"));
    }

    [Fact]
    public async Task A_route_that_cannot_be_released_is_retried_and_then_left_as_it_is()
    {
        using var shop = await ServingAsync();
        shop.Release = _ => "no right to write it";
        shop.Kube.Remove(Shop.Service("checkout"));
        await shop.ClearAsync();
        shop.Explorer.Clock.Advance(Departures.Grace);
        End(shop);
        await shop.ClearAsync();
        Assert.Single(shop.Explorer.Discovery.Services.All);
        shop.Explorer.Clock.Advance(Departures.Limit);
        await shop.ClearAsync();
        Assert.Empty(shop.Explorer.Discovery.Services.All);
        Assert.Equal(
            ["no right to write it; it is retried", "no right to write it; it is given up, and the route stays as it is"],
            shop.Explorer.Told.Where(t => t.Reason == "ReleaseFailed").Select(t => t.Note));
    }

    private static RouterStatus Idle(string service, string stable) =>
        new(ServiceRoute.Idle(
            Keys.Of(service), 1, stable), Exposure.None, new ArmHealth(2, 2, 0, null), new ArmHealth(0, 0, 0, null), null);

    /// <summary>Its copy serves, and the user's own Deployment is scaled to 0.</summary>
    private static async Task<ManagedShop> ServingAsync()
    {
        var shop = new ManagedShop();
        await shop.BirthAsync();
        shop.Settle();
        await shop.PassAsync();
        await shop.ClearAsync();
        return shop;
    }

    /// <summary>The passes that end it: no engine is there, so nothing has to be waited for.</summary>
    private static void End(ManagedShop shop)
    {
        var (spec, record) = (shop.Spec, shop.Record!);
        shop.Explorer.Views.Put(ServiceView.Unknown(spec, default) with { Record = record, Router = Idle(spec.Service, record.LastGood) });
        shop.Explorer.Discovery.Read();
        shop.Explorer.Discovery.Read();
    }

    private static void PutRoot(ManagedShop shop) =>
        Shop.PutService(shop.Kube, "checkout", "checkout-stable", ("enabled", "true"), ("route", "checkout"), ("managed", "true"));

    private static void PutRoute(MemoryCluster kube, string host) => kube.Put(MeshStage.VirtualService, new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = "checkout", ["namespace"] = Shop.Space },
        ["spec"] = new JsonObject
        {
            ["http"] = new JsonArray(new JsonObject
            {
                ["route"] = new JsonArray(new JsonObject { ["destination"] = new JsonObject { ["host"] = host }, ["weight"] = 100 }),
            }),
        },
    });
}
