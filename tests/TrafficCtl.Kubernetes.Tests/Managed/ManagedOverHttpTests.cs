using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Kubernetes.Caching;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Events;
using TrafficCtl.Kubernetes.Managed;
using TrafficCtl.Kubernetes.Tests.Discovery;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Managed;

/// <summary>Discovery, notes, managed mode and events against an API server: its own definitions, server-side apply, watches.</summary>
public sealed class ManagedOverHttpTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_service_is_found_copied_kept_and_told_by_an_API_server()
    {
        await using var stage = await KubeStage.OpenAsync(
            KubeClientOptions.Default with { CallTimeout = TimeSpan.FromDays(9), ListTimeout = TimeSpan.FromDays(9) });
        var kube = stage.Kube;
        foreach (var file in new[] { "deliveries", "rollouts" })
            kube.PutFile(Path.Combine(Repository.Root, "deploy", "crds", $"trafficctl.io_{file}.yaml"));
        var memory = new MemoryCluster();
        Shop.PutService(memory, "checkout", "checkout-stable", ("enabled", "true"), ("route", "checkout"), ("managed", "true"));
        Shop.PutDeployment(memory, "checkout", "checkout:v1", 3);
        foreach (var thing in memory.All(KubeKind.Service).Concat(memory.All(KubeKind.Deployment))) kube.Put(Fresh(thing));

        await using var cache = new KubeCache(stage.Client, stage.Clock, NullLogger<KubeCache>.Instance, seed: 1);
        foreach (var kind in ClusterDiscovery.Needed.Add(KubeKind.HorizontalPodAutoscaler)) cache.Watch(kind);
        await cache.SyncedAsync(Stop);
        using var explorer = new Explorer(cache, stage.Client);
        using var managed = new ManagedMode(
            new ClusterLink(cache, stage.Client, () => true), () => explorer.Discovery.Services, _ => null, explorer, stage.Clock,
            NullLogger<ManagedMode>.Instance);
        explorer.Discovery.Read();
        await managed.DoAsync(Stop);
        await Eventually.TrueAsync(
            () => cache.Get(Shop.Deployment("checkout-stable")) is not null && cache.Get(Shop.Service("checkout-candidate")) is not null,
            "the copy");
        Assert.Equal(3, kube.Get(Shop.Deployment("checkout-stable"))!["spec"]!["replicas"]!.GetValue<int>());

        // Its pods come up, so the service is born; what discovery must know is kept, and survives the definition's pruning.
        Shop.PutEndpoints(memory, "checkout-stable", 3);
        kube.Put(Fresh(memory.All(KubeKind.EndpointSlice)[0]));
        var whole = new JsonObject { ["observedGeneration"] = 1, ["replicas"] = 3, ["updatedReplicas"] = 3 };
        kube.Patch(Shop.Deployment("checkout-stable"), KubePatch.Merge(new JsonObject { ["status"] = whole }), subresource: "status");
        kube.PutYaml(
            "{apiVersion: trafficctl.io/v1alpha1, kind: Delivery, metadata: {name: checkout, namespace: shop, labels: "
                + "{app.kubernetes.io/managed-by: trafficctl}}, spec: {service: checkout}}");
        await Eventually.TrueAsync(
            () =>
            {
                explorer.Discovery.Read();
                return explorer.Sets[^1].Length == 1 && cache.Get(Shop.Delivery("checkout")) is not null;
            },
            "the birth");
        await explorer.Discovery.KeepAsync(Stop);
        Assert.Contains("checkout", kube.Get(Shop.Delivery("checkout"))!["status"]!["discovery"]!.ToString(), StringComparison.Ordinal);
        await explorer.Discovery.Nonces.WriteAsync(
            "shop.checkout", (await explorer.Discovery.Nonces.ReadAsync("shop.checkout", Stop)).SetItem("Service/pause", "n1"), Stop);
        Assert.Equal("n1", kube.Get(Shop.Delivery("checkout"))!["status"]!["handled"]!["Service/pause"]!.ToString());

        // The same pass writes nothing more, and events arrive where they are looked for.
        var calls = kube.Calls.Count(c => c.IsWrite);
        await managed.DoAsync(Stop);
        Assert.Equal(calls, kube.Calls.Count(c => c.IsWrite));
        var recorder = new EventRecorder(stage.Client, "pod-1", stage.Clock, NullLogger<EventRecorder>.Instance);
        await recorder.WriteAsync(explorer.Told[0], Stop);
        await recorder.WriteAsync(explorer.Told[0], Stop);
        Assert.Equal(2, Assert.Single(kube.All(KubeKind.Event))["series"]!["count"]!.GetValue<int>());
    }

    private static JsonObject Fresh(JsonObject thing)
    {
        var copy = thing.DeepClone().AsObject();
        foreach (var field in new[] { "uid", "resourceVersion", "generation" }) copy["metadata"]!.AsObject().Remove(field);
        return copy;
    }
}
