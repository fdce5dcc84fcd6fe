using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TrafficCtl.Core.Routing;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Kubernetes;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.TestKit;

namespace TrafficCtl.Daemon.Tests.Cluster;

/// <summary>
/// A cluster with everything that a controller meets there: an API, meshes that obey their objects, users who send requests, and a
/// Prometheus that scrapes it all.
/// </summary>
internal sealed class ShopCluster : IAsyncDisposable
{
    /// <summary>The controller's own namespace.</summary>
    public const string Home = "trafficctl-system";

    public static readonly TimeSpan Scrape = TimeSpan.FromSeconds(1);

    private readonly string folder = Directory.CreateTempSubdirectory("trafficctl-cluster-").FullName;
    private readonly CancellationTokenSource ending = new();
    private readonly List<Task> users = [];
    private readonly HttpClient client = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false });
    private readonly List<Upstream> upstreams = [];
    private ImmutableArray<ShopService> services = [];
    private MeshPlane? plane;
    private RealPrometheus? prometheus;

    /// <summary>Measures steady traffic of every service where there is no other.</summary>
    private readonly ShopMetrics model;

    private ShopCluster(FakeKube kube, ShopMetrics model) => (Kube, this.model) = (kube, model);

    public FakeKube Kube { get; }

    /// <summary>An API that knows the controller's own kinds and those of three meshes.</summary>
    public static async Task<ShopCluster> StartAsync()
    {
        var kube = await FakeKube.StartAsync();
        kube.PutYaml("apiVersion: v1\nkind: Namespace\nmetadata: { name: kube-system }");
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "deploy", "crds"), "trafficctl.io_*.yaml").Order())
            kube.PutFile(file);
        foreach (var kind in (KubeKind[])[IstioShop.Kind, SmiShop.Kind, GatewayShop.Kind]) kube.Register(kind);
        return new ShopCluster(kube, await ShopMetrics.StartAsync());
    }

    /// <summary>
    /// Real requests through real proxies, split as the objects say; <paramref name="failing"/> canaries answer a part of them with 503.
    /// </summary>
    public async Task TrafficAsync(ImmutableArray<ShopService> all, Func<ShopService, double> failing)
    {
        services = all;
        var meshed = ImmutableArray.CreateBuilder<MeshService>();
        foreach (var service in all)
        {
            var chance = new Random(service.Name.Length);
            var (stable, canary) = (
                await Upstream.StartAsync(name: "stable"),
                await Upstream.StartAsync(context => AnswerAsync(context, chance, failing(service))));
            upstreams.AddRange([stable, canary]);
            meshed.Add(new MeshService(service.Name, stable.Address, canary.Address, () => service.Weight));
        }

        plane = await MeshPlane.StartAsync(meshed.ToImmutable(), Path.Combine(folder, "mesh"));
        prometheus = await RealPrometheus.StartAsync(Scrape, plane.Metrics);
        foreach (var service in all)
            for (var user = 0; user < 2; user++) users.Add(SendAsync(service.Name, user));
        users.Add(Task.Run(AcceptAsync));
    }

    /// <summary>The measured traffic of the service follows its routing object, as a mesh obeys it.</summary>
    public void Obey(ShopService service) => Kube.Written = _ =>
    {
        if (service.Weight is { } weight) model.Split(service.Name, weight.Candidate / (double)Weights.Total);
    };

    /// <summary>What the controllers said last.</summary>
    public LastLines Said { get; } = new();

    /// <summary>The options of a process that drives this cluster.</summary>
    public DaemonOptions Options(string identity, string? leaseNamespace = null, TimeSpan? lease = null) => new()
    {
        Clusters =
        [
            new ClusterModuleOptions
            {
                Identity = identity,
                Access = new KubeAccess { Server = Kube.Address, From = "a test", Namespace = Home },
                LeaseNamespace = leaseNamespace,
                LeaseDuration = lease ?? TimeSpan.FromSeconds(6),
            },
        ],
        Prometheus = prometheus?.Address ?? model.AddressFor(identity),
        Scrape = Scrape,
        Admin = new Uri("http://127.0.0.1:0"),
        Probes = new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0),
        Logging = l => l.AddProvider(Said),
    };

    public Task<DaemonHost> ControlAsync(string identity, string? leaseNamespace = null, TimeSpan? lease = null) =>
        DaemonHost.StartAsync(Options(identity, leaseNamespace, lease), default);

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await Task.WhenAll(users);
        if (prometheus is not null) await prometheus.DisposeAsync();
        await model.DisposeAsync();
        if (plane is not null) await plane.DisposeAsync();
        foreach (var upstream in upstreams) await upstream.DisposeAsync();
        await Kube.DisposeAsync();
        client.Dispose();
        ending.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static Task AnswerAsync(HttpContext context, Random chance, double failing)
    {
        lock (chance)
            if (chance.NextDouble() < failing) context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return context.Response.WriteAsync("canary");
    }

    /// <summary>Many users, a request each: about 50 a second from one sender.</summary>
    private Task SendAsync(string service, int sender)
    {
        var sent = 0;
        return Periodic.ActAsync(
            TimeSpan.FromMilliseconds(20),
            async () =>
            {
                try
                {
                    using var request = new HttpRequestMessage(HttpMethod.Get, plane!.AddressOf(service));
                    request.Headers.Host = MeshPlane.HostOf(service);
                    request.Headers.Add("x-user-id", $"{sender}-{sent++}");
                    using var answer = await client.SendAsync(request, ending.Token);
                }
                catch (HttpRequestException)
                {
                    // The cluster ends.
                }
            },
            ending.Token);
    }

    private Task AcceptAsync() => Periodic.ActAsync(
        TimeSpan.FromMilliseconds(100),
        () =>
        {
            foreach (var gateway in services.OfType<GatewayShop>()) gateway.Accept();
            return Task.CompletedTask;
        },
        ending.Token);
}
