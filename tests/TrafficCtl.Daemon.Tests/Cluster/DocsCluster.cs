using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Cluster;
using TrafficCtl.Kubernetes;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.Kubernetes.Caching;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Consul;
using TrafficCtl.Kubernetes.Mesh.Keeping;
using TrafficCtl.TestKit;

namespace TrafficCtl.Daemon.Tests.Cluster;

/// <summary>A cluster on which a page of the docs was followed: its pods run, and discovery and the router look at it.</summary>
internal sealed class DocsCluster : IEventRecorder, ILeadership, IAsyncDisposable
{
    /// <summary>The definitions of the meshes, where they are beside this repository; null where they are not.</summary>
    private static readonly string? Meshes = FindUp(Path.Combine("shared", "crds"));

    private readonly CancellationTokenSource ending = new();
    private readonly KubeClient client;
    private readonly KubeCache cache;
    private readonly ServiceProvider services;
    private readonly ClusterDiscovery discovery;
    private readonly Task discovering;
    private volatile ServiceSpec[] found = [];

    private DocsCluster(FakeKube kube, FakeConsul consul)
    {
        (Kube, Consul) = (kube, consul);
        client = new KubeClient(AccessTo(kube), TimeProvider.System);
        cache = new KubeCache(client, TimeProvider.System, NullLogger<KubeCache>.Instance, seed: 1);
        foreach (var kind in ClusterDiscovery.Needed) cache.Watch(kind);
        discovery = new ClusterDiscovery(
            new ClusterLink(cache, client, () => true), new ClusterReader(), new Views(), this, all => found = [.. all],
            TimeProvider.System,
            NullLogger<ClusterDiscovery>.Instance);
        services = new ServiceCollection()
            .AddSingleton<IKube>(client)
            .AddSingleton<IClusterTargets>(discovery)
            .AddSingleton<ILeadership>(this)
            .AddMeshRouter("trafficctl-system", MeshSettings.Default, new ConsulOptions { Address = consul.Address })
            .BuildServiceProvider();
        discovering = Task.Run(() => discovery.RunAsync(ending.Token));
    }

    public FakeKube Kube { get; }

    public FakeConsul Consul { get; }

    public ITrafficRouter Router => services.GetRequiredService<ITrafficRouter>();

    /// <summary>What somebody who follows the page would be told.</summary>
    public ConcurrentQueue<string> Told { get; } = new();

    /// <summary>Writes to the API and to Consul.</summary>
    public int Writes => Kube.Calls.Count(c => c.IsWrite) + Consul.Calls.Count(c => !c.StartsWith("GET", StringComparison.Ordinal));

    public ServiceSpec? Found(string service) => found.FirstOrDefault(s => s.Service == service);

    /// <summary>Everything is applied and runs before anybody looks.</summary>
    public static async Task<DocsCluster> StartAsync(ImmutableArray<JsonObject> objects)
    {
        var kube = await FakeKube.StartAsync();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "deploy", "crds"), "trafficctl.io_*.yaml").Order())
            kube.PutFile(file);
        foreach (var (group, plural, kind, versions) in MeshServices.Dialects
            .SelectMany(d => MeshServices.KindsOf(d).AsEnumerable())
            .Where(k => k.Group.Contains('.', StringComparison.Ordinal) && k.Group != "networking.k8s.io"))
            foreach (var version in versions) kube.Register(new KubeKind(group, version, plural, kind));
        if (Meshes is not null)
            foreach (var file in Directory.EnumerateFiles(Meshes, "*.yaml", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
                kube.PutFile(file);
        foreach (var one in objects.Where(o => !IsServed(kube, o))) kube.Register(KindOf(one));
        using (var kubectl = new KubeClient(AccessTo(kube), TimeProvider.System))
        {
            // Strictly: a field that the definition does not know is a mistake of the page.
            foreach (var one in objects)
                await kubectl.CreateAsync(
                    KindOf(one), (string?)one["metadata"]!["namespace"], one.DeepClone().AsObject(), CancellationToken.None);
        }

        Kubelet.Run(kube);
        return new DocsCluster(kube, await FakeConsul.StartAsync());
    }

    /// <summary>A new image, as <c>kubectl set image</c> puts it there, and its pods run.</summary>
    public void Release(string deployment, string image)
    {
        var change = new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["template"] = Kube.Get(new KubeName(KubeKind.Deployment, "shop", deployment))!["spec"]!["template"]!.DeepClone(),
            }
        };
        change["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = image;
        Kube.Patch(new KubeName(KubeKind.Deployment, "shop", deployment), KubePatch.Merge(change));
        Kubelet.Run(Kube);
    }

    /// <summary>What the objects of a route say, of every backend that has a weight.</summary>
    public ImmutableSortedDictionary<string, decimal> Weights(RouteReference route)
    {
        var all = ImmutableSortedDictionary.CreateBuilder<string, decimal>(StringComparer.Ordinal);
        foreach (var (group, plural, kind, versions) in MeshServices.KindsOf(route.Dialect).Where(k => k.Group.Length > 0))
        {
            foreach (var live in Kube.All(new KubeKind(group, versions[0], plural, kind)))
                if ((string)live["metadata"]!["name"]! is var name && (name == route.Name || name == $"{route.Name}-tc-canary"))
                    Collect(live, all);
        }

        if (Consul.Find($"service-splitter/{route.Name}") is { } splitter) Collect(splitter, all);
        return all.ToImmutable();
    }

    void IEventRecorder.Record(ObjectEvent told) => Told.Enqueue($"{told.Reason}: {told.Note}");

    bool ILeadership.Holds(TimeSpan callTimeout) => true;

    Task ILeadership.RunAsync(Func<CancellationToken, Task> lead, CancellationToken stop) => lead(stop);

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await discovering;
        discovery.Dispose();
        await services.DisposeAsync();
        await cache.DisposeAsync();
        client.Dispose();
        await Kube.DisposeAsync();
        await Consul.DisposeAsync();
        ending.Dispose();
    }

    private static void Collect(JsonNode? node, ImmutableSortedDictionary<string, decimal>.Builder to)
    {
        if (node is JsonArray list)
        {
            foreach (var inner in list) Collect(inner, to);
        }
        else if (node is JsonObject map)
        {
            if (map["nginx.ingress.kubernetes.io/canary-weight"] is { } share)
                to["canary-weight"] = decimal.Parse((string)share!, System.Globalization.CultureInfo.InvariantCulture);
            if ((map["weight"] ?? map["Weight"]) is { } weight
                && (map["destination"]?["host"] ?? map["service"] ?? map["name"] ?? map["Service"]) is { } backend)
                to[(string)backend!] = (decimal)weight;
            foreach (var (_, inner) in map) Collect(inner, to);
        }
    }

    private static bool IsServed(FakeKube kube, JsonObject what)
    {
        try
        {
            kube.All(KindOf(what));
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The plural as all of these kinds have it.</summary>
    private static KubeKind KindOf(JsonObject what)
    {
        var (version, kind) = ((string)what["apiVersion"]!, (string)what["kind"]!);
        var slash = version.IndexOf('/', StringComparison.Ordinal);
        var plural = kind.ToLowerInvariant();
        plural = plural[^1] switch
        {
            's' when plural.EndsWith("ss", StringComparison.Ordinal) => plural + "es",
            's' =>
            plural,
            'y' when !plural.EndsWith("ay", StringComparison.Ordinal) => plural[..^1] + "ies",
            _ => plural + "s"
        };
        return new KubeKind(
            slash < 0 ? "" : version[..slash], version[(slash + 1)..], plural, kind,
            IsNamespaced: what["metadata"]!["namespace"] is not null);
    }

    private static string? FindUp(string relative)
    {
        for (var at = new DirectoryInfo(Repository.Root); at is not null; at = at.Parent)
            if (Directory.Exists(Path.Combine(at.FullName, relative))) return Path.Combine(at.FullName, relative);
        return null;
    }

    private static KubeAccess AccessTo(FakeKube kube) => new() { Server = kube.Address, From = "a test" };
}
