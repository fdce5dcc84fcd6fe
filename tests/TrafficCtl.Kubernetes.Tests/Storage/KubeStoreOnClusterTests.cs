using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.Kubernetes.Roles;
using TrafficCtl.Kubernetes.Storage;
using TrafficCtl.Kubernetes.Tests.Deploy;
using TrafficCtl.TestKit;
using TrafficCtl.TestKit.Contracts;
using Xunit;
using static TrafficCtl.TestKit.Contracts.Examples;

namespace TrafficCtl.Kubernetes.Tests.Storage;

/// <summary>The contract over HTTP, with our definitions in force and unknown fields refused.</summary>
public sealed class KubeStoreOnClusterTests : StoreContract, IAsyncLifetime
{
    private static readonly KubeClientOptions Unhurried =
        KubeClientOptions.Default with { PerSecond = 1_000_000, Burst = 1_000_000, CallTimeout = TimeSpan.FromSeconds(60) };
    private static readonly TargetKey Key = new("shop.checkout", "default");
    private static readonly KubeName Delivery = new(KubeKind.Delivery, "shop", "checkout");
    private static readonly KubeName Rollout = new(KubeKind.Rollout, "shop", "checkout-default-1");

    private FakeKube cluster = null!;
    private KubeClient client = null!;

    private protected override int MostFacts => DeliveryState.MostFacts;

    private protected override bool KeepsWindows => false;

    public async ValueTask InitializeAsync()
    {
        cluster = await FakeKube.StartAsync();
        foreach (var file in (string[])["deliveries", "rollouts"]) cluster.PutFile(DeployFiles.Path($"crds/trafficctl.io_{file}.yaml"));
        client = new KubeClient(KubeStage.Access(cluster), TimeProvider.System, Unhurried);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await cluster.DisposeAsync();
    }

    [Fact]
    public async Task Whatever_is_written_passes_the_definitions_strictly_and_every_call_is_in_the_table()
    {
        var store = Open();
        await store.CommitAsync([Birth(Key)], default);
        var long_ = new string('ö', 100_000);
        var wish = await store.RecordWishAsync(
            Wish(WishKind.Publish, "v2") with { Key = Key, Who = long_, Reason = long_, From = long_ }, default);
        var generation = 0L;
        foreach (var phase in (Phase[])
        [
            new Phase.Waiting("probe"), new Phase.Shifting(0), new Phase.Observing(0, At, At),
            new Phase.Paused(new Phase.Observing(0, At, At), PauseCause.Unsure, long_[..5000], At),
            new Phase.Shifting(1), new Phase.Baking(At), new Phase.RollingBack(RollbackCause.Verdict, "worse"),
        ])
        {
            var active = Active(State(1, generation + 1, phase, Key), generation, [1, 2, 3], Key);
            await store.CommitAsync(
                [active with { Facts = [Fact("decided", "hold", Key, "shop.checkout-default-1", long_)], Wishes = generation == 0
                    ? [new WishOutcome(wish, false, "no")]
                    : [] }],
                default);
            generation++;
            await store.CheckpointAsync([new Checkpoint(Key, "shop.checkout-default-1", new byte[] { 4, (byte)generation })], default);
        }

        foreach (var (number, phase) in new (int, Phase)[]
        {
            (1, new Phase.RolledBack(RollbackCause.Breaker, "5xx")), (2, new Phase.Aborted("no")), (3, new Phase.Superseded("v3")),
            (4, new Phase.Good())
        })
        {
            if (number > 1)
                await store.CommitAsync(
                    [Active(State(number, ++generation, new Phase.Shifting(0), Key), generation - 1, key: Key)], default);
            var end = State(number, ++generation, phase, Key);
            await store.CommitAsync(
                [new Commit(
                    generation - 1, new ServiceRecord(Key, "v2", number, generation, [], null, default) { Learnt = new byte[] { 1 } }, end,
                    [], [])],
                default);
        }

        await store.PruneAsync(new WindowRetention(At, 0), default);
        Assert.Equal("v2", (await Open().LoadAsync(Key, default))!.LastGood);
        Assert.Equal(4, cluster.All(KubeKind.Rollout).Length);
        Assert.All(cluster.Calls, c => Assert.True(
            ApiAccess.Allows(c.Verb, c.Group, c.Subresource.Length == 0 ? c.Resource : $"{c.Resource}/{c.Subresource}", c.Name),
            c.ToString()));
    }

    [Fact]
    public async Task A_status_that_people_and_discovery_write_too_loses_nothing_of_theirs_and_nothing_of_ours()
    {
        var store = Open();
        await store.CommitAsync([Birth(Key)], default);
        for (var i = 1; i <= 5; i++)
        {
            cluster.Patch(
                Delivery,
                KubePatch.Merge(new JsonObject
                {
                    ["status"] = new JsonObject { ["handled"] = new JsonObject { [$"Service/{i}"] = "x" }, ["discovery"] = $"{{{i}}}" },
                }),
                subresource: "status");
            cluster.Patch(Delivery, KubePatch.Merge(new JsonObject { ["spec"] = new JsonObject { ["route"] = $"istio/checkout#{i}" } }));
            await store.CommitAsync([Start(i - 1, i, Key)], default);
            cluster.Patch(Rollout, KubePatch.Merge(
                new JsonObject { ["spec"] = new JsonObject { ["wish"] = new JsonObject { ["kind"] = "abort", ["nonce"] = $"{i}" } } }));
        }

        var delivery = cluster.Get(Delivery)!;
        Assert.Equal(5, delivery["status"]!["handled"]!.AsObject().Count);
        Assert.Equal("{5}", delivery["status"]!["discovery"]!.GetValue<string>());
        Assert.Equal("istio/checkout#5", delivery["spec"]!["route"]!.GetValue<string>());
        Assert.Equal("5", cluster.Get(Rollout)!["spec"]!["wish"]!["nonce"]!.GetValue<string>());
        Same(Start(4, 5, Key).Record, await Open().LoadAsync(Key, default));
        Assert.Equal(delivery["metadata"]!["generation"]!.ToJsonString(), delivery["status"]!["observedGeneration"]!.ToJsonString());
    }

    [Fact]
    public async Task A_cut_connection_after_a_write_is_in_doubt_and_a_load_tells()
    {
        var store = Open();
        await store.CommitAsync([Birth(Key)], default);
        cluster.Intercept = call => call is { Verb: "update", Resource: "deliveries" } ? new KubeFault.LoseAnswer() : null;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.CommitAsync([Start(0, 1, Key)], default).AsTask());
        cluster.Intercept = null;
        Assert.Equal(1, (await store.LoadAsync(Key, default))!.Generation);
        await store.CommitAsync([Start(1, 2, Key)], default);
    }

    [Fact]
    public async Task A_missing_right_is_named_and_concerns_its_service_alone()
    {
        var store = Open();
        cluster.Intercept = call => call is { Namespace: "shop", IsWrite: true } ? KubeFault.Forbid(call) : null;
        var fault = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.CommitAsync([Birth(Key)], default).AsTask());
        Assert.Equal(Key, fault.Only);
        Assert.Contains("cannot create resource \"deliveries\"", fault.Message, StringComparison.Ordinal);
        await store.CommitAsync([Birth(new TargetKey("cart.cart", "default"))], default);
    }

    [Fact]
    public async Task A_cluster_without_the_definitions_is_told_what_to_apply_and_then_served()
    {
        var crd = new KubeKind("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", false);
        foreach (var name in (string[])["deliveries", "rollouts"]) cluster.Delete(new KubeName(crd, null, $"{name}.trafficctl.io"));
        var fault = await Assert.ThrowsAsync<StoreUnavailableException>(() => Open().LoadAsync(Key, default).AsTask());
        Assert.Null(fault.Only);
        Assert.Contains("kubectl apply -f deploy/crds", fault.Message, StringComparison.Ordinal);
        foreach (var file in (string[])["deliveries", "rollouts"]) cluster.PutFile(DeployFiles.Path($"crds/trafficctl.io_{file}.yaml"));
        Assert.Null(await Open().LoadAsync(Key, default));
    }

    [Fact]
    public async Task A_thousand_services_are_saved_some_at_once()
    {
        var store = Open();
        var keys = Enumerable.Range(0, 1000).Select(i => new TargetKey($"shop.s{i}", "default")).ToImmutableArray();
        foreach (var round in (Func<TargetKey, Commit>[])[k => Birth(k), k => Start(0, 1, k, new byte[4096])])
            await Parallel.ForEachAsync(
                keys, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (key, stop) => await store.CommitAsync([round(key)], stop));
        var other = Open();
        cluster.Calls.Clear();
        foreach (var key in keys) Assert.Equal(4096, (await other.LoadAsync(key, default))!.Evidence.Length);
        Assert.Equal(1000 + 2, cluster.Calls.Count);
    }

    private protected override IStore Open() => KubeStoreTests.Open(client);
}
