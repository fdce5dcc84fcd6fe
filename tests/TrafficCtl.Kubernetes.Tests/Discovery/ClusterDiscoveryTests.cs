using System.Text.Json.Nodes;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Services;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.TestKit;
using TrafficCtl.TestKit.Contracts;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Discovery;

public sealed class ClusterDiscoveryTests
{
    private readonly MemoryCluster kube = new();

    [Fact]
    public void A_Service_without_annotations_is_nobodys()
    {
        Shop.PutSlot(kube, "checkout-stable", "v1");
        using var explorer = new Explorer(kube);

        explorer.Discovery.Read();

        Assert.Empty(Assert.Single(explorer.Sets));
        Assert.Empty(explorer.Told);
    }

    [Fact]
    public void What_asks_for_something_declares_nothing()
    {
        Shop.PutService(kube, "checkout", "checkout", ("pause", "1"), ("reason", "lunch"));
        using var explorer = new Explorer(kube);

        explorer.Discovery.Read();

        Assert.Empty(explorer.Sets[^1]);
        Assert.Empty(explorer.Told);
    }

    [Fact]
    public void The_catalogue_knows_the_target_by_the_engines_name()
    {
        Shop.PutPair(kube);
        using var explorer = new Explorer(kube);
        var spec = explorer.Read();

        Assert.Equal("shop.checkout", spec.Service);
        Assert.Same(spec.Cluster, explorer.Discovery.Find("shop.checkout"));
        Assert.Null(explorer.Discovery.Find("checkout"));
    }

    [Fact]
    public void What_is_right_and_perhaps_not_meant_takes_effect_and_is_told_once()
    {
        Shop.PutPair(kube);
        Shop.PutService(kube, "checkout", "checkout", ("enabled", "true"), ("route", "checkout"), ("doubt", "copies are not counted"));
        using var explorer = new Explorer(kube);

        Assert.Equal("checkout", explorer.Read().Cluster!.Route.Name);
        explorer.Read();
        Assert.Equal("Service shop/checkout: copies are not counted", Assert.Single(explorer.Told, t => t.Reason == "Doubtful").Note);
        Assert.Equal(0, explorer.Discovery.Services.Invalid);
    }

    [Fact]
    public async Task Bad_input_changes_nothing_also_over_a_restart_and_every_problem_is_told_once()
    {
        Shop.PutPair(kube);
        using var explorer = new Explorer(kube);
        var before = await explorer.KeepAsync();
        Shop.PutRecord(kube, "checkout", before.Stable);
        await explorer.KeepAsync();

        kube.Edit(Shop.Service("checkout"), s => s["metadata"]!["annotations"]!.AsObject().Remove("trafficctl.io/route"));
        Assert.Same(before, explorer.Read());
        explorer.Read();
        Assert.Equal(["Service shop/checkout: route is missing", "Service shop/checkout: and more"], explorer.Told.Select(t => t.Note));
        Assert.Equal(1, explorer.Discovery.Services.Invalid);

        using var restarted = new Explorer(kube);
        var after = restarted.Read();
        Assert.Equal((before.Cluster!.Route, before.Stable), (after.Cluster!.Route, after.Stable));
        Assert.Equal(2, restarted.Told.Count);

        Shop.PutService(kube, "checkout", "checkout", ("enabled", "true"), ("route", "other"));
        Assert.Equal("other", restarted.Read().Cluster!.Route.Name);
        Assert.Equal(0, restarted.Discovery.Services.Invalid);
    }

    [Fact]
    public async Task Notes_that_may_not_be_kept_of_one_service_do_not_keep_the_others_waiting()
    {
        foreach (var name in (string[])["basket", "checkout"])
        {
            Shop.PutPair(kube, name);
            Shop.PutRecord(kube, name, "v1");
        }

        kube.Fault = w => w.Contains("basket", StringComparison.Ordinal)
            ? new KubeException("not yours", System.Net.HttpStatusCode.Forbidden, "Forbidden")
            : null;
        using var explorer = new Explorer(kube);
        explorer.Discovery.Read();
        await explorer.Discovery.KeepAsync(CancellationToken.None);

        Assert.NotNull(kube.Get(Shop.Delivery("checkout"))!["status"]!["discovery"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Who_takes_a_service_away_in_the_middle_of_a_rollout_is_told_that_nobody_watches_its_split(bool isSwitchedOff)
    {
        Shop.PutPair(kube);
        using var explorer = new Explorer(kube);
        var spec = explorer.Read();
        var start = Examples.Start(0, 1, spec.Key).Record;
        explorer.Views.Put(ServiceView.Unknown(spec, default) with { Record = start });

        if (isSwitchedOff) Shop.PutService(kube, "checkout", "checkout", ("enabled", "false"));
        else Shop.PutService(kube, "checkout", "checkout");
        explorer.Discovery.Read();
        explorer.Discovery.Read();

        Assert.Empty(explorer.Sets[^1]);
        var told = Assert.Single(explorer.Told, t => t.Reason == "LeftInRollout");
        Assert.StartsWith(
            "shop.checkout is declared no longer in the middle of rollout shop.checkout-default-1 of v2", told.Note,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_switched_off_does_not_come_back_by_a_bad_declaration()
    {
        Shop.PutPair(kube);
        using var explorer = new Explorer(kube);
        Shop.PutRecord(kube, "checkout", (await explorer.KeepAsync()).Stable);
        await explorer.KeepAsync();

        Shop.PutService(kube, "checkout", "checkout", ("enabled", "false"));
        explorer.Discovery.Read();
        Assert.Empty(explorer.Sets[^1]);
        await explorer.Discovery.KeepAsync(CancellationToken.None);

        Shop.PutService(kube, "checkout", "checkout", ("enabled", "true"));
        explorer.Discovery.Read();
        Assert.Empty(explorer.Sets[^1]);
    }

    [Fact]
    public void A_Delivery_is_heard_before_annotations_and_says_so()
    {
        Shop.PutPair(kube);
        PutDelivery("checkout", "from-delivery");
        using var explorer = new Explorer(kube);

        Assert.Equal("from-delivery", explorer.Read().Cluster!.Route.Name);
        var told = Assert.Single(explorer.Told);
        Assert.Equal(("Service shop/checkout", "DeclaredTwice"), (told.About.ToString(), told.Reason));
    }

    [Fact]
    public void The_controllers_own_Delivery_declares_nothing_until_somebody_writes_into_it()
    {
        Shop.PutPair(kube);
        Shop.PutRecord(kube, "checkout", null);
        using var explorer = new Explorer(kube);
        Assert.Equal("istio/checkout", explorer.Read().Cluster!.Route.Name);

        kube.Edit(Shop.Delivery("checkout"), d => d["spec"]!["route"] = "theirs");
        Assert.Equal("theirs", explorer.Read().Cluster!.Route.Name);
    }

    [Fact]
    public void Of_two_Deliveries_of_a_Service_the_older_one_counts()
    {
        Shop.PutPair(kube);
        kube.Remove(Shop.Service("checkout"));
        PutDelivery("young", "a", "2026-02-01T00:00:00Z");
        PutDelivery("old", "b", "2026-01-01T00:00:00Z");
        using var explorer = new Explorer(kube);

        Assert.Equal("b", explorer.Read().Cluster!.Route.Name);
        Assert.Equal("Delivery shop/young", Assert.Single(explorer.Told).About.ToString());
    }

    [Fact]
    public void Services_whose_rollouts_would_share_names_are_not_both_controlled()
    {
        Shop.PutPair(kube, "a", annotations: [("environment", "b-c")]);
        Shop.PutPair(kube, "a-b", annotations: [("environment", "c")]);
        using var explorer = new Explorer(kube);

        Assert.Equal("shop.a", explorer.Read().Service);
        Assert.Contains("would have the names of those of shop.a", Assert.Single(explorer.Told).Note, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("EndpointSlice")]
    [InlineData("Secret")]
    public async Task Nothing_is_told_to_the_loop_before_the_informers_know_everything(string late)
    {
        Shop.PutPair(kube);
        kube.NotSynced.Add(late == "Secret" ? KubeKind.Secret : KubeKind.EndpointSlice);
        using var explorer = new Explorer(kube);
        using var stop = new CancellationTokenSource();
        var running = explorer.Discovery.RunAsync(stop.Token);
        explorer.Clock.Advance(ClusterDiscovery.Gather);
        Assert.Empty(explorer.Sets);

        kube.NotSynced.Clear();
        Shop.PutEndpoints(kube, "checkout-stable", 2);
        await Eventually.TrueAsync(() =>
        {
            explorer.Clock.Advance(ClusterDiscovery.Gather);
            return explorer.Sets.Count == 1;
        }, "the first services");
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public void Of_a_thousand_services_only_the_one_that_changed_costs_anything()
    {
        for (var i = 0; i < 1_000; i++) Shop.PutPair(kube, $"svc-{i}");
        using var explorer = new Explorer(kube);
        explorer.Discovery.Read();
        var (hashed, first) = (explorer.Discovery.Hashed, explorer.Sets[^1]);
        explorer.Discovery.Read();
        Assert.Single(explorer.Sets);

        Shop.PutImage(kube, "svc-500-canary", "checkout:v2");
        Shop.PutEndpoints(kube, "svc-501-canary", 0);
        explorer.Discovery.Read();

        Assert.Equal((2_000, 2_001), (hashed, explorer.Discovery.Hashed));
        Assert.Equal(2, explorer.Sets.Count);
        Assert.Equal(["shop.svc-500", "shop.svc-501"], explorer.Sets[1].Where(s => !first.Contains(s)).Select(s => s.Service));
    }

    [Fact]
    public async Task A_standby_reads_what_the_leader_kept_and_writes_nothing()
    {
        Shop.PutPair(kube);
        using var leader = new Explorer(kube);
        Shop.PutRecord(kube, "checkout", (await leader.KeepAsync()).Stable);
        using var standby = new Explorer(kube) { Leads = false };
        await standby.KeepAsync();
        Assert.Empty(kube.Writes);

        await leader.KeepAsync();
        Assert.Equal(["patch Delivery shop/checkout status"], kube.Writes);
        await leader.KeepAsync();
        Assert.Single(kube.Writes);
    }

    [Fact]
    public async Task Notes_that_cannot_be_kept_are_kept_later()
    {
        Shop.PutPair(kube);
        using var explorer = new Explorer(kube);
        Shop.PutRecord(kube, "checkout", (await explorer.KeepAsync()).Stable);
        kube.Fault = _ => new KubeException("the server is gone", null);
        await explorer.KeepAsync();
        Assert.Null(kube.Get(Shop.Delivery("checkout"))!["status"]!["discovery"]);

        kube.Fault = null;
        await explorer.KeepAsync();
        Assert.Contains(
            "checkout-stable", kube.Get(Shop.Delivery("checkout"))!["status"]!["discovery"]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Notes_are_kept_again_in_a_Delivery_that_was_made_anew()
    {
        Shop.PutPair(kube);
        using var explorer = new Explorer(kube);
        Shop.PutRecord(kube, "checkout", (await explorer.KeepAsync()).Stable);
        await explorer.KeepAsync();
        kube.Remove(Shop.Delivery("checkout"));
        await explorer.KeepAsync();
        Shop.PutRecord(kube, "checkout", explorer.Read().Stable);
        kube.Edit(Shop.Delivery("checkout"), d => d["metadata"]!["uid"] = "another");
        await explorer.KeepAsync();

        Assert.NotNull(kube.Get(Shop.Delivery("checkout"))!["status"]!["discovery"]);
        var writes = kube.Writes.Count;
        await explorer.KeepAsync();
        Assert.Equal(writes, kube.Writes.Count);
    }

    private void PutDelivery(
        string name, string route, string created = "2026-01-01T00:00:00Z") => kube.Put(KubeKind.Delivery, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = Shop.Space, ["creationTimestamp"] = created },
            ["spec"] = new JsonObject { ["service"] = "checkout", ["route"] = route },
        });
}
