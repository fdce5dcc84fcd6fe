using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.TestKit;

namespace TrafficCtl.Daemon.Tests.Cluster.Real;

/// <summary>
/// Does through the API what a cluster's own parts do and what no test server has: pods get ready and stand in EndpointSlices, and a mesh
/// follows its routing objects. Where there is no controller-manager, Deployments have pods that nobody sees, and garbage is collected.
/// </summary>
/// <remarks>It sees each split that is written, and holds it against the endpoints that it gave.</remarks>
internal sealed class ClusterDriver : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly KubeKind Pod = new("", "v1", "pods", "Pod");

    /// <summary>Kinds whose objects here may be owned by something, or own something.</summary>
    private static readonly ImmutableArray<KubeKind> Owned = [
        KubeKind.Service, KubeKind.Deployment, KubeKind.ConfigMap, KubeKind.Delivery, KubeKind.Rollout
    ];

    private readonly KubeClient kube;
    private readonly string space;
    private readonly bool hasControllers, collects;
    private readonly ShopMetrics metrics;
    private readonly CancellationTokenSource ending = new();
    private readonly ConcurrentDictionary<string, bool> held = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> endpoints = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> ready = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Route, string Backend), int> shares = [];
    private readonly Dictionary<string, int> splits = new(StringComparer.Ordinal);
    private readonly Task going;

    /// <param name="kube">The API, as an administrator.</param>
    /// <param name="space">The namespace.</param>
    /// <param name="hasControllers">A controller-manager makes pods of Deployments.</param>
    /// <param name="collects">Nobody else collects garbage.</param>
    /// <param name="metrics">Are told of each split.</param>
    public ClusterDriver(KubeClient kube, string space, bool hasControllers, bool collects, ShopMetrics metrics)
    {
        (this.kube, this.space, this.hasControllers, this.collects, this.metrics) = (kube, space, hasControllers, collects, metrics);
        going = Task.Run(GoAsync);
    }

    /// <summary>What must never be, as it was seen.</summary>
    public ConcurrentQueue<string> Wrong { get; } = new();

    /// <summary>Why it ended; null while it goes on.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>Rounds that are over.</summary>
    public long Rounds { get; private set; }

    /// <summary>Pods of this image do not get ready, until they are let.</summary>
    public void Hold(string image) => held[image] = true;

    public void Release(string image) => held.TryRemove(image, out _);

    /// <summary>Ready endpoints of a Service, as they were written last.</summary>
    public int EndpointsOf(string service) => endpoints.GetValueOrDefault(service);

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await going;
        ending.Dispose();
    }

    private async Task GoAsync()
    {
        try
        {
            await Periodic.ActAsync(Pause, TryRoundAsync, ending.Token);
        }
        catch (Exception fault)
        {
            Fault = fault;
        }
    }

    private async Task TryRoundAsync()
    {
        try
        {
            await RoundAsync(ending.Token);
            Rounds++;
        }
        catch (KubeException fault) when (fault.IsConflict || fault.Code == System.Net.HttpStatusCode.NotFound)
        {
            // Somebody was first: the next round sees it.
        }
    }

    private async Task RoundAsync(CancellationToken stop)
    {
        await LookAsync(stop);
        var deployments = await AllAsync(KubeKind.Deployment, stop);
        var pods = hasControllers ? await ReadyAsync(stop) : await RunAsync(deployments, stop);
        var services = await AllAsync(KubeKind.Service, stop);
        var slices = (await AllAsync(KubeKind.EndpointSlice, stop)).ToDictionary(NameOf, StringComparer.Ordinal);
        foreach (var service in services) await ServeAsync(service, pods, slices.GetValueOrDefault(NameOf(service)), stop);
        foreach (var gone in slices.Keys.Except(services.Select(NameOf), StringComparer.Ordinal))
        {
            endpoints.TryRemove(gone, out _);
            await kube.DeleteAsync(new KubeName(KubeKind.EndpointSlice, space, gone), KubeDelete.Any, stop);
        }

        if (collects) await CollectAsync(stop);
    }

    /// <summary>Nothing is raised that cannot answer; and what the split is, the traffic is.</summary>
    private async Task LookAsync(CancellationToken stop)
    {
        foreach (var route in await AllAsync(IstioShop.Kind, stop))
        {
            var name = NameOf(route);
            var backends = ClusterStage.Backends(route);
            foreach (var (backend, share) in backends)
            {
                if (shares.TryGetValue((name, backend), out var before) && share > before && EndpointsOf(backend) == 0)
                    Wrong.Enqueue($"{name} gives {backend} {share} % after {before} %, and it has no ready endpoint");
                shares[(name, backend)] = share;
            }

            var candidate = backends.Where(b => ClusterStage.IsCandidate(b.Backend)).Sum(b => b.Weight);
            if (splits.TryGetValue(name, out var split) && split == candidate) continue;
            splits[name] = candidate;
            metrics.Split(name, candidate / 100.0);
        }
    }

    /// <summary>Pods of a controller-manager, with nobody to run them: each is said to run and to be ready.</summary>
    private async Task<ImmutableArray<(JsonObject Labels, int Count)>> ReadyAsync(CancellationToken stop)
    {
        var all = ImmutableArray.CreateBuilder<(JsonObject, int)>();
        foreach (var pod in await AllAsync(Pod, stop))
        {
            if (pod["metadata"]!["deletionTimestamp"] is not null) continue;
            var isReady = pod["status"]?["conditions"] is JsonArray conditions
                && conditions.Any(c => (string?)c!["type"] == "Ready" && (string?)c["status"] == "True");
            if (!isReady)
            {
                if (held.ContainsKey(ImageOf(pod["spec"]!))) continue;
                var status = new JsonObject
                {
                    ["phase"] = "Running",
                    ["conditions"] = new JsonArray(new JsonObject
                    {
                        ["type"] = "Ready",
                        ["status"] = "True",
                        ["lastTransitionTime"] = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", null),
                    }),
                };
                await kube.PatchAsync(
                    new KubeName(Pod, space, NameOf(pod)), KubePatch.Merge(new JsonObject { ["status"] = status }), "status", stop);
            }

            all.Add((pod["metadata"]!["labels"]!.AsObject(), 1));
        }

        return all.ToImmutable();
    }

    /// <summary>A rolling update that waits for its first pod keeps the pods that it had.</summary>
    private async Task<ImmutableArray<(JsonObject Labels, int Count)>> RunAsync(
        ImmutableArray<JsonObject> deployments, CancellationToken stop)
    {
        var all = ImmutableArray.CreateBuilder<(JsonObject, int)>();
        foreach (var deployment in deployments)
        {
            var (uid, template) = (deployment["metadata"]!["uid"]!.ToString(), deployment["spec"]!["template"]!);
            var replicas = (int?)deployment["spec"]!["replicas"] ?? 1;
            var waits = held.ContainsKey(ImageOf(template["spec"]!));
            var count = ready[uid] = waits ? Math.Min(ready.GetValueOrDefault(uid), replicas) : replicas;
            var status = new JsonObject
            {
                ["observedGeneration"] = deployment["metadata"]!["generation"]!.DeepClone(),
                ["replicas"] = replicas,
                ["updatedReplicas"] = waits ? replicas - count : replicas,
                ["readyReplicas"] = count,
                ["availableReplicas"] = count,
            };
            if (status.Any(s => (deployment["status"]?[s.Key]?.ToString() ?? "0") != s.Value!.ToString()))
                await kube.PatchAsync(
                    new KubeName(KubeKind.Deployment, space, NameOf(deployment)), KubePatch.Merge(new JsonObject { ["status"] = status }),
                    "status", stop);
            all.Add((template["metadata"]!["labels"]!.AsObject(), count));
        }

        return all.ToImmutable();
    }

    private async Task ServeAsync(
        JsonObject service, ImmutableArray<(JsonObject Labels, int Count)> pods, JsonObject? slice, CancellationToken stop)
    {
        if (service["spec"]?["selector"] is not JsonObject selector) return;
        var name = NameOf(service);
        var count = pods.Where(p => selector.All(s => (string?)p.Labels[s.Key] == (string?)s.Value)).Sum(p => p.Count);
        // A server says null of an empty list.
        if (slice is null || ((slice["endpoints"] as JsonArray)?.Count ?? 0) != count)
        {
            var next = new JsonObject
            {
                ["apiVersion"] = KubeKind.EndpointSlice.ApiVersion,
                ["kind"] = KubeKind.EndpointSlice.Kind,
                ["metadata"] = slice?["metadata"]!.DeepClone() ?? new JsonObject
                {
                    ["name"] = name,
                    ["namespace"] = space,
                    ["labels"] = new JsonObject { ["kubernetes.io/service-name"] = name },
                },
                ["addressType"] = "IPv4",
                ["endpoints"] = new JsonArray([.. Enumerable.Range(1, count).Select(static i => new JsonObject
                {
                    ["addresses"] = new JsonArray($"10.1.0.{i}"),
                    ["conditions"] = new JsonObject { ["ready"] = true },
                })]),
            };
            // What is taken away is gone before it is written, and what is given is there after.
            if (count == 0) endpoints[name] = count;
            if (slice is null) await kube.CreateAsync(KubeKind.EndpointSlice, space, next, stop);
            else await kube.ReplaceAsync(new KubeName(KubeKind.EndpointSlice, space, name), next, null, stop);
        }

        endpoints[name] = count;
    }

    private async Task CollectAsync(CancellationToken stop)
    {
        var all = ImmutableArray.CreateBuilder<(KubeKind Kind, JsonObject What)>();
        foreach (var kind in Owned) all.AddRange((await AllAsync(kind, stop)).Select(w => (kind, w)));
        var uids = all.Select(o => o.What["metadata"]!["uid"]!.ToString()).ToHashSet(StringComparer.Ordinal);
        foreach (var (kind, what) in all)
        {
            if (what["metadata"]!["deletionTimestamp"] is null && what["metadata"]!["ownerReferences"] is JsonArray { Count: > 0 } owners
                && owners.All(o => !uids.Contains(o!["uid"]!.ToString())))
                await kube.DeleteAsync(new KubeName(kind, space, NameOf(what)), new KubeDelete(what["metadata"]!["uid"]!.ToString()), stop);
        }
    }

    private async Task<ImmutableArray<JsonObject>> AllAsync(KubeKind kind, CancellationToken stop) =>
        (await kube.ListAsync(kind, space, null, stop)).Items;

    private static string ImageOf(JsonNode podSpec) => (string)podSpec["containers"]![0]!["image"]!;

    private static string NameOf(JsonObject what) => (string)what["metadata"]!["name"]!;
}
