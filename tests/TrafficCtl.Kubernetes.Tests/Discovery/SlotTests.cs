using System.Text.Json.Nodes;
using TrafficCtl.Core.Services;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Discovery;

public sealed class SlotTests
{
    private readonly MemoryCluster kube = new();

    [Fact]
    public void A_rolled_template_is_a_newer_version_at_once_and_ready_when_no_old_pod_is_left()
    {
        Shop.PutPair(kube, canary: "v2");
        using var explorer = new Explorer(kube);
        Assert.Equal([true, true], explorer.Read().Cluster!.Slots.Select(s => s.IsReady));

        Shop.PutImage(kube, "checkout-canary", "checkout:v3");
        var rolling = explorer.Read();
        Shop.Settle(kube, "checkout-canary");
        var rolled = explorer.Read();

        Assert.Equal(["v1", "v3"], rolling.Versions.Select(v => v.Version.Split('+')[0]));
        Assert.Equal([true, false], rolling.Cluster!.Slots.Select(s => s.IsReady));
        Assert.Equal([true, true], rolled.Cluster!.Slots.Select(s => s.IsReady));
    }

    [Fact]
    public void A_slot_needs_the_endpoints_that_its_Deployment_must_have()
    {
        Shop.PutPair(kube);
        Shop.PutSlot(kube, "checkout-canary", "v2", replicas: 8);
        using var explorer = new Explorer(kube);

        foreach (var (ready, isReady) in new[] { (0, false), (5, false), (6, true) })
        {
            Shop.PutEndpoints(kube, "checkout-canary", ready);
            Assert.Equal(isReady, explorer.Read().Cluster!.Slots[1].IsReady);
        }
    }

    [Fact]
    public void Two_addresses_of_a_pod_are_one_endpoint()
    {
        Shop.PutPair(kube, canary: "v2");
        Shop.PutSlot(kube, "checkout-canary", "v2", replicas: 4);
        Shop.PutEndpoints(kube, "checkout-canary", 2);
        Shop.PutEndpoints(kube, "checkout-canary", 2, "IPv6");
        using var explorer = new Explorer(kube);

        Assert.False(explorer.Read().Cluster!.Slots[1].IsReady);
    }

    [Fact]
    public void An_endpoint_without_a_condition_is_ready_and_one_that_ends_is_not()
    {
        Shop.PutPair(kube, canary: "v2");
        using var explorer = new Explorer(kube);
        kube.Edit(new KubeName(KubeKind.EndpointSlice, Shop.Space, "checkout-canary-ipv4"), s =>
        {
            s["endpoints"]![0]!.AsObject().Remove("conditions");
            s["endpoints"]![1]!["conditions"] = new JsonObject { ["ready"] = true, ["terminating"] = true };
        });

        Assert.False(explorer.Read().Cluster!.Slots[1].IsReady);
        Shop.PutEndpoints(kube, "checkout-canary", 2);
        Assert.True(explorer.Read().Cluster!.Slots[1].IsReady);
    }

    [Fact]
    public void An_autoscaler_that_asks_for_more_does_not_take_a_slot_away()
    {
        Shop.PutPair(kube, canary: "v2");
        using var explorer = new Explorer(kube);
        explorer.Read();

        kube.Edit(Shop.Deployment("checkout-canary"), d => d["spec"]!["replicas"] = 10);
        Assert.True(explorer.Read().Cluster!.Slots[1].IsReady);
        Shop.PutEndpoints(kube, "checkout-canary", 0);
        Assert.False(explorer.Read().Cluster!.Slots[1].IsReady);
    }

    [Fact]
    public void An_earlier_slot_takes_over_when_it_has_as_many_endpoints_as_the_one_that_serves()
    {
        Shop.PutPair(kube);
        Shop.PutSlot(kube, "checkout-canary", "v2", replicas: 6);
        using var explorer = new Explorer(kube);
        Shop.PutRecord(kube, "checkout", explorer.Read().Versions[1].Version);
        var good = explorer.Read().Versions[1].Version;

        Shop.PutSlot(kube, "checkout-stable", "v2", replicas: 2);
        Assert.Equal("checkout-canary", explorer.Read().Cluster!.SlotOf(good)!.Service);
        Shop.PutSlot(kube, "checkout-stable", "v2", replicas: 6);
        Assert.Equal("checkout-stable", explorer.Read().Cluster!.SlotOf(good)!.Service);
        Shop.PutEndpoints(kube, "checkout-stable", 3);
        Assert.Equal("checkout-stable", explorer.Read().Cluster!.SlotOf(good)!.Service);
    }

    [Fact]
    public async Task What_is_changed_while_it_serves_goes_on_under_its_name_and_people_are_told()
    {
        Shop.PutPair(kube, canary: "v2");
        using var explorer = new Explorer(kube);
        var born = (await explorer.KeepAsync()).Stable;
        Shop.PutRecord(kube, "checkout", born);
        await explorer.KeepAsync();

        Shop.PutImage(kube, "checkout-stable", "checkout:v1.1");
        var changed = await explorer.KeepAsync();

        Assert.Equal([born, explorer.Sets[0][0].Versions[1].Version], changed.Versions.Select(v => v.Version));
        Assert.True(changed.Cluster!.Slots[0].IsReady);
        var told = Assert.Single(explorer.Told, t => t.Reason == "ChangedInPlace");
        Assert.Contains("was changed to v1.1+", told.Note, StringComparison.Ordinal);

        // A new process knows it too, and so does one after the next version became good.
        using var restarted = new Explorer(kube);
        Assert.Equal(born, restarted.Read().Cluster!.Slots[0].Version);
        kube.Edit(Shop.Delivery("checkout"), d => d["status"]!["record"]!["lastGood"] = changed.Versions[1].Version);
        Assert.Equal(born, restarted.Read().Cluster!.Slots[0].Version);
        Assert.DoesNotContain(restarted.Read().Versions, v => v.Version.StartsWith("v1.1", StringComparison.Ordinal));

        // Only a further change makes a new version of it.
        Shop.PutImage(kube, "checkout-stable", "checkout:v3");
        Assert.StartsWith("v3+", restarted.Read().Cluster!.Slots[0].Version, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public async Task What_is_changed_while_it_serves_keeps_its_traffic_unless_the_other_slot_runs_the_good_version_with_as_many_endpoints(
        int others, bool keeps)
    {
        // v2 was good in the canary's slot, and stable took it over.
        Shop.PutPair(kube, stable: "v2", canary: "v2");
        using var explorer = new Explorer(kube);
        var good = (await explorer.KeepAsync()).Stable;
        Shop.PutRecord(kube, "checkout", good);
        await explorer.KeepAsync();
        Shop.PutSlot(kube, "checkout-canary", "v2", replicas: others);

        Shop.PutImage(kube, "checkout-stable", "checkout:v9");
        var changed = await explorer.KeepAsync();
        Assert.Equal(keeps ? "checkout-stable" : "checkout-canary", changed.Cluster!.SlotOf(good)!.Service);
        Assert.Equal(keeps, explorer.Reasons.Contains("ChangedInPlace"));
        using var restarted = new Explorer(kube);
        Assert.Equal(keeps ? "checkout-stable" : "checkout-canary", restarted.Read().Cluster!.SlotOf(good)!.Service);

        // As told: the good version takes over once it has the endpoints, and the change is a version of its own.
        Shop.Settle(kube, "checkout-stable");
        Shop.PutSlot(kube, "checkout-canary", "v2");
        var moved = await explorer.KeepAsync();
        Assert.Equal(("checkout-canary", "v9"), (moved.Cluster!.SlotOf(good)!.Service, moved.Cluster.Slots[0].Version!.Split('+')[0]));
    }

    [Fact]
    public async Task What_a_change_in_place_made_has_its_own_name_once_it_is_good()
    {
        Shop.PutPair(kube, canary: "v2");
        using var explorer = new Explorer(kube);
        Shop.PutRecord(kube, "checkout", (await explorer.KeepAsync()).Stable);
        var other = (await explorer.KeepAsync()).Versions[1].Version;
        Shop.PutImage(kube, "checkout-stable", "ghcr.io/acme/checkout:v2");
        await explorer.KeepAsync();
        Assert.DoesNotContain("NoEndpoints", explorer.Reasons);

        // The same version becomes good by its rollout from the other slot, which then gets the next one.
        Shop.PutRecord(kube, "checkout", other);
        Shop.PutSlot(kube, "checkout-canary", "v3");
        var slots = (await explorer.KeepAsync()).Cluster!;
        Assert.Equal(("checkout-stable", other), (slots.SlotOf(other)!.Service, slots.Slots[0].Version));
    }

    [Fact]
    public async Task A_promotion_is_no_change_in_place_even_while_the_new_version_has_no_endpoint()
    {
        Shop.PutPair(kube, canary: "v2");
        using var explorer = new Explorer(kube);
        var born = (await explorer.KeepAsync()).Stable;
        Shop.PutRecord(kube, "checkout", born);
        var good = (await explorer.KeepAsync()).Versions[1].Version;

        Shop.PutEndpoints(kube, "checkout-canary", 0);
        Shop.PutRecord(kube, "checkout", good);
        var slots = Explorer.SlotsOf(await explorer.KeepAsync());

        Assert.Equal([("checkout-stable", born, true), ("checkout-canary", good, false)], slots);
        Assert.DoesNotContain("ChangedInPlace", explorer.Reasons);
        Assert.Contains("NoEndpoints", explorer.Reasons);
    }

    [Fact]
    public async Task A_version_that_serves_without_an_endpoint_is_told_at_once_and_says_what_to_do()
    {
        Shop.PutPair(kube, canary: "v2");
        using var explorer = new Explorer(kube);
        Shop.PutRecord(kube, "checkout", (await explorer.KeepAsync()).Stable);
        await explorer.KeepAsync();
        Assert.True(explorer.Discovery.Services.Declared[0].IsServed);
        Assert.Null(explorer.Discovery.Services.Declared[0].NotServing);

        Shop.PutSlot(kube, "checkout-stable", "v1", replicas: 0);
        await explorer.KeepAsync();
        var told = Assert.Single(explorer.Told, t => t.Reason == "NoEndpoints");
        Assert.Contains("Service shop/checkout-stable, which serves v1+", told.Note, StringComparison.Ordinal);
        Assert.Contains("kubectl -n shop scale deployment/checkout-stable --replicas=1", told.Note, StringComparison.Ordinal);
        Assert.Equal("NoEndpoints", explorer.Discovery.Services.Declared[0].NotServing!.Value.Reason);

        Shop.PutSlot(kube, "checkout-stable", "v1");
        await explorer.KeepAsync();
        Assert.Null(explorer.Discovery.Services.Declared[0].NotServing);
    }

    [Fact]
    public async Task After_a_promotion_a_version_that_the_root_Service_still_selects_is_warned_about()
    {
        Shop.PutPair(kube, canary: "v2");
        kube.Edit(Shop.Service("checkout"), s => s["spec"]!["selector"]!["app"] = "checkout-stable");
        using var explorer = new Explorer(kube);
        Shop.PutRecord(kube, "checkout", (await explorer.KeepAsync()).Stable);
        var good = (await explorer.KeepAsync()).Versions[1].Version;
        Assert.DoesNotContain("CandidateReachable", explorer.Reasons);

        Shop.PutRecord(kube, "checkout", good);
        Shop.PutImage(kube, "checkout-stable", "checkout:v3");
        await explorer.KeepAsync();
        Assert.Contains(
            "selects the pods of Deployment checkout-stable, which run v3+", explorer.Told.Last(t => t.Reason == "CandidateReachable").Note,
            StringComparison.Ordinal);
        explorer.Told.Clear();
        kube.Edit(Shop.Service("checkout"), s => s["spec"]!["selector"]!["app"] = "checkout-canary");
        await explorer.KeepAsync();
        Assert.DoesNotContain("CandidateReachable", explorer.Reasons);
    }

    [Fact]
    public void Nothing_is_born_before_the_stable_slot_runs_something()
    {
        Shop.PutPair(kube, canary: "v2");
        kube.Remove(Shop.Deployment("checkout-stable"));
        using var explorer = new Explorer(kube);

        explorer.Discovery.Read();
        Assert.Empty(explorer.Sets[^1]);
        Assert.Contains("NothingToServe", explorer.Reasons);

        Shop.PutSlot(kube, "checkout-stable", "v1");
        Assert.Equal("v1", explorer.Read().Stable.Split('+')[0]);
    }

    [Fact]
    public void A_service_that_lost_its_Deployments_keeps_its_versions_without_slots()
    {
        Shop.PutPair(kube, canary: "v2");
        using var explorer = new Explorer(kube);
        var before = explorer.Read();

        kube.Remove(Shop.Deployment("checkout-stable"));
        kube.Remove(Shop.Deployment("checkout-canary"));
        var after = explorer.Read();

        Assert.Equal(before.Versions, after.Versions);
        Assert.All(after.Cluster!.Slots, s => Assert.Equal((null, false), (s.Version, s.IsReady)));
    }

    [Fact]
    public void Two_Deployments_behind_a_slot_are_no_version()
    {
        Shop.PutPair(kube);
        Shop.PutDeployment(
            kube, "second", "checkout:v2", with: d => d["spec"]!["template"]!["metadata"]!["labels"]!["app"] = "checkout-canary");
        using var explorer = new Explorer(kube);

        Assert.Null(explorer.Read().Cluster!.Slots[1].Version);
        Assert.Contains(
            "Deployment checkout-canary and Deployment second", Assert.Single(explorer.Told, t => t.Reason == "SlotAmbiguous").Note,
            StringComparison.Ordinal);

        kube.Edit(Shop.Deployment("second"), d => d["spec"]!["replicas"] = 0);
        Assert.Equal("checkout-canary", explorer.Read().Cluster!.Slots[1].Workload);
    }

    [Fact]
    public void A_missing_Service_and_one_without_a_selector_are_told()
    {
        Shop.PutPair(kube);
        kube.Remove(Shop.Service("checkout-canary"));
        using var explorer = new Explorer(kube);
        Assert.Null(explorer.Read().Cluster!.Slots[1].Version);
        Assert.Contains("there is no Service shop/checkout-canary", Assert.Single(explorer.Told).Note, StringComparison.Ordinal);

        Shop.PutService(kube, "checkout-canary", "checkout-canary");
        kube.Edit(Shop.Service("checkout-canary"), s => s["spec"]!.AsObject().Remove("selector"));
        Assert.Null(explorer.Read().Cluster!.Slots[1].Version);
        Assert.Contains("SlotAmbiguous", explorer.Reasons);
    }
}
