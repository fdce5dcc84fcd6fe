using System.Text.Json.Nodes;
using TrafficCtl.Core.Services;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Tests.Managed;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Discovery;

/// <summary>Who runs the pods behind a slot: a Deployment, a DaemonSet, or somebody else.</summary>
public sealed class WorkloadTests
{
    private readonly MemoryCluster kube = new();

    [Fact]
    public void A_DaemonSet_is_a_workload_of_a_slot_and_its_template_a_version()
    {
        Shop.PutPair(kube);
        Replace("checkout-stable", "v1");
        Replace("checkout-canary", "v2");
        using var explorer = new Explorer(kube);
        var spec = explorer.Read();
        Assert.Equal(["checkout-stable", "checkout-canary"], spec.Cluster!.Slots.Select(s => s.Workload));
        Assert.Equal(["v1", "v2"], spec.Versions.Select(v => v.Version.Split('+')[0]));
        Assert.Equal([true, true], spec.Cluster!.Slots.Select(s => s.IsReady));
    }

    [Fact]
    public void A_DaemonSet_is_ready_when_every_node_runs_the_new_template_and_all_but_what_may_be_missing_are_ready()
    {
        Shop.PutPair(kube);
        Replace("checkout-canary", "v2", nodes: 6, updated: 5);
        using var explorer = new Explorer(kube);
        Assert.False(explorer.Read().Cluster!.Slots[1].IsReady);
        foreach (var (ready, isReady) in new[] { (4, false), (5, true) })
        {
            Replace("checkout-canary", "v2", nodes: 6, updated: 6);
            Shop.PutEndpoints(kube, "checkout-canary", ready);
            Assert.Equal(isReady, explorer.Read().Cluster!.Slots[1].IsReady);
        }
    }

    [Fact]
    public void Without_a_status_of_this_generation_nobody_knows_on_how_many_nodes_a_DaemonSet_is_to_run()
    {
        Shop.PutPair(kube);
        Replace("checkout-canary", "v2", nodes: 3, updated: 3);
        kube.Edit(Set("checkout-canary"), d => d["status"]!["observedGeneration"] = 0);
        using var explorer = new Explorer(kube);
        Assert.False(explorer.Read().Cluster!.Slots[1].IsReady);
    }

    [Fact]
    public async Task A_DaemonSet_that_is_changed_while_it_serves_is_put_back_by_its_own_command()
    {
        Shop.PutPair(kube);
        Replace("checkout-stable", "v1");
        using var explorer = new Explorer(kube);
        Shop.PutRecord(kube, "checkout", explorer.Read().Stable);
        await explorer.KeepAsync();
        Replace("checkout-canary", "v0");
        Replace("checkout-stable", "v9");
        explorer.Read();
        Assert.Contains(
            "kubectl -n shop rollout undo daemonset/checkout-stable puts it back",
            Assert.Single(explorer.Told, t => t.Reason == Remark.ChangedInPlace).Note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Managed_mode_copies_no_DaemonSet()
    {
        using var shop = new ManagedShop(rootSelects: "agents");
        shop.Kube.Remove(Shop.Deployment("checkout"));
        PutSet(shop.Kube, "agents", "v1", 3, 3);
        Assert.Empty(await shop.PassAsync());
        Assert.Contains(
            "selects the pods of DaemonSet agents, whose copy would want the same nodes and host ports",
            Assert.Single(shop.Explorer.Told, t => t.Reason == "NoWorkload").Note, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_Service_that_an_Argo_Rollout_switches_is_refused_with_what_to_do(bool isNamed)
    {
        Shop.PutPair(kube);
        kube.Remove(Shop.Deployment("checkout-stable"));
        kube.Edit(Shop.Service("checkout-stable"), s =>
        {
            if (isNamed) s["metadata"]!["annotations"]!["argo-rollouts.argoproj.io/managed-by-rollouts"] = "checkout";
            else s["spec"]!["selector"]!["rollouts-pod-template-hash"] = "7bf84f9696";
        });
        using var explorer = new Explorer(kube);
        explorer.Discovery.Read();
        Assert.Empty(explorer.Sets[^1]);
        var note = Assert.Single(explorer.Told, t => t.Reason == "ArgoRollout").Note;
        Assert.StartsWith("Service shop/checkout-stable ", note, StringComparison.Ordinal);
        Assert.Contains(
            "make a Deployment of the Rollout's pod template (or scale up the Deployment that its workloadRef names)", note,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_Deployment_without_pods_whose_slot_has_endpoints_is_a_reference_of_somebody_who_runs_them()
    {
        Shop.PutPair(kube);
        Shop.PutDeployment(kube, "checkout-stable", "checkout:v1", replicas: 0);
        using var explorer = new Explorer(kube);
        explorer.Discovery.Read();
        Assert.Empty(explorer.Sets[^1]);
        Assert.StartsWith(
            "Service shop/checkout-stable has 2 ready endpoints that are of no Deployment and no DaemonSet, although Deployment "
                + "checkout-stable has none",
            Assert.Single(explorer.Told, t => t.Reason == "UnknownWorkload").Note, StringComparison.Ordinal);
    }

    [Fact]
    public void Pods_of_an_unknown_owner_are_no_version_and_are_named()
    {
        Shop.PutPair(kube);
        kube.Remove(Shop.Deployment("checkout-canary"));
        Shop.PutEndpoints(kube, "checkout-canary", 1);
        using var explorer = new Explorer(kube);
        Assert.Null(explorer.Read().Cluster!.Slots[1].Version);
        Assert.StartsWith(
            "Service shop/checkout-canary has 1 ready endpoint that is of no Deployment and no DaemonSet: a version is the pod template",
            Assert.Single(explorer.Told, t => t.Reason == "UnknownWorkload").Note, StringComparison.Ordinal);
    }

    [Fact]
    public void What_serves_already_goes_on_when_a_pod_of_somebody_elses_comes_beside_it()
    {
        Shop.PutPair(kube);
        using var explorer = new Explorer(kube);
        Shop.PutRecord(kube, "checkout", explorer.Read().Stable);
        explorer.Read();
        Shop.PutDeployment(kube, "checkout-stable", "ghcr.io/acme/checkout:v1", replicas: 0);
        Assert.NotEmpty(explorer.Read().Versions);
        Assert.True(explorer.Read().Cluster!.Slots[0].IsReady);
    }

    [Fact]
    public async Task Managed_mode_copies_nothing_of_pods_that_an_Argo_Rollout_runs()
    {
        using var shop = new ManagedShop(rootSelects: "checkout", replicas: 0);
        Shop.PutEndpoints(shop.Kube, "checkout", 3);
        Assert.Empty(await shop.PassAsync());
        Assert.Contains("UnknownWorkload", shop.Explorer.Reasons);
    }

    private static KubeName Set(string name) => new(KubeKind.DaemonSet, Shop.Space, name);

    private void Replace(string slot, string version, int nodes = 2, int updated = 2)
    {
        if (kube.Get(Shop.Deployment(slot)) is not null) kube.Remove(Shop.Deployment(slot));
        PutSet(kube, slot, version, nodes, updated);
    }

    private static void PutSet(MemoryCluster kube, string name, string version, int nodes, int updated)
    {
        kube.Put(KubeKind.DaemonSet, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = Shop.Space },
            ["spec"] = new JsonObject
            {
                ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = name } },
                ["template"] = new JsonObject
                {
                    ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = name } },
                    ["spec"] = new JsonObject
                    {
                        ["containers"] = new JsonArray(new JsonObject { ["name"] = "app", ["image"] = $"ghcr.io/acme/checkout:{version}" }),
                    },
                },
            },
        });
        kube.Edit(Set(name), d => d["status"] = new JsonObject
        {
            ["observedGeneration"] = d.GenerationOf(),
            ["desiredNumberScheduled"] = nodes,
            ["currentNumberScheduled"] = nodes,
            ["updatedNumberScheduled"] = updated,
            ["numberReady"] = nodes,
        });
    }
}
