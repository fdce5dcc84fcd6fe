using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Daemon.Tests.Cluster;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Hosting;

/// <summary>A process with delivery files and two clusters, east and west, of which each declares <c>shop.checkout</c> in prod.</summary>
internal sealed class TwoClusters : IAsyncDisposable
{
    public const string Service = "shop.checkout";

    public static readonly TargetKey Test = new(Service, "test");
    public static readonly TargetKey North = new(Service, "prod", "north");
    public static readonly TargetKey South = new(Service, "prod", "south");
    public static readonly TargetKey East = new(Service, "prod", "east");
    public static readonly TargetKey West = new(Service, "prod", "west");

    private const string Declared = """
        trafficctl.io/environment: prod
        trafficctl.io/rollout: "[{ weights: [30, 100], hold: 1d }]"
        """;

    private readonly HttpClient client = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false });

    private TwoClusters(RealDaemon daemon, ShopCluster east, ShopCluster west)
    {
        (Daemon, OfEast, OfWest) = (daemon, east, west);
        (InEast, InWest) = (Declare(east), Declare(west));
    }

    public RealDaemon Daemon { get; }

    public ShopCluster OfEast { get; }

    public ShopCluster OfWest { get; }

    public IstioShop InEast { get; }

    public IstioShop InWest { get; }

    /// <summary>The options of both clusters, and of the documents of the file.</summary>
    public DaemonOptions Options => With(Named("east", OfEast), Named("west", OfWest));

    public static async Task<TwoClusters> StartAsync()
    {
        var made = new TwoClusters(await RealDaemon.PrepareAsync(), await ShopCluster.StartAsync(), await ShopCluster.StartAsync());
        made.Deliver("test", "prod north", "prod south");
        return made;
    }

    /// <summary>The options of a cluster in a process that drives several.</summary>
    public static ClusterModuleOptions Named(string name, ShopCluster cluster)
    {
        var alone = cluster.Options("one");
        return alone.Clusters[0] with { Name = name, Prometheus = new ClusterPrometheus(alone.Prometheus) };
    }

    public DaemonOptions With(params ImmutableArray<ClusterModuleOptions> clusters) => OfEast.Options("one") with
    {
        Files = [Daemon.DeliveryFile],
        DataDirectory = Daemon.Data,
        Prometheus = null,
        Clusters = clusters,
    };

    /// <summary>Documents for environments, or environment and target.</summary>
    public void Deliver(params string[] places) => File.WriteAllText(
        Daemon.DeliveryFile,
        string.Join("---\n", places.Select((place, i) => $$"""
            service: {{Service}}
            environment: {{place.Split(' ')[0]}}
            target: {{place.Split(' ').ElementAtOrDefault(1) ?? "default"}}
            listen: http://127.0.0.{{i + 1}}:0
            versions:
              v1: [{{Daemon.V1.Address.AbsoluteUri.TrimEnd('/')}}]
              v2: [{{Daemon.V2.Address.AbsoluteUri.TrimEnd('/')}}]
            stable: v1
            rollout: [{ weights: [50, 100], hold: 1d }]
            drain: { delay: 0s, max: 1s }

            """)));

    /// <summary>Both clusters are driven, and a new version is at its first step in each.</summary>
    public async Task BeginAsync(DaemonHost host)
    {
        await KnownAsync(host, East);
        await KnownAsync(host, West);
        InEast.Deploy("v2");
        InWest.Deploy("v2");
        await Eventually.TrueAsync(
            () => host.Views.All.Length == 5 && host.Views.All.All(v => v.Record?.Active is { Phase: Phase.Observing }),
            "all are at their first step", () => Standing(host));
        await Eventually.TrueAsync(
            () => InEast.Weight?.Candidate == 3_000 && InWest.Weight?.Candidate == 3_000, "both meshes have the first step");
    }

    /// <summary>The cluster's service has a record.</summary>
    public Task KnownAsync(DaemonHost host, TargetKey key) => Eventually.TrueAsync(
        () => host.Views.Find(key)?.Record?.LastGood.StartsWith("v1+", StringComparison.Ordinal) == true,
        $"{key} is known", () => Standing(host));

    public string Standing(DaemonHost host) => string.Join(
        '\n', host.Views.All.Select(
            v => $"{v.Key}: {v.Newest?.Phase}: {v.LastDecision?.Reason}; {string.Join("; ", v.Warnings)}; {v.RecordTrouble}"))
        + $"\n{OfEast.Said}";

    public async Task<string> TextAsync(DaemonHost host, string path)
    {
        using var answer = await client.GetAsync(new Uri(host.Admin, path));
        return await answer.Content.ReadAsStringAsync();
    }

    public async Task<JsonNode> GetAsync(DaemonHost host, string path) => JsonNode.Parse(await TextAsync(host, path))!;

    public async Task<JsonNode> WishAsync(DaemonHost host, TargetKey key, string kind)
    {
        using var answer = await client.PostAsync(
            new Uri(host.Admin, $"{PathOf(key)}/wishes"),
            new StringContent($$"""{ "kind": "{{kind}}", "who": "ann" }""", null, "application/json"));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    public static string PathOf(TargetKey key) => $"v1/services/{key.Service}/environments/{key.Environment}/targets/{key.Target}";

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await OfEast.DisposeAsync();
        await OfWest.DisposeAsync();
        await Daemon.DisposeAsync();
    }

    private static IstioShop Declare(ShopCluster cluster)
    {
        var shop = new IstioShop(cluster.Kube, "checkout");
        cluster.Obey(shop);
        shop.Put("v1", "v1", Declared);
        return shop;
    }
}
