using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.TestKit;

namespace TrafficCtl.Kubernetes.Tests;

/// <summary>A cluster with one kind of its own, and a client of it; each with its own clock.</summary>
internal sealed class KubeStage : IAsyncDisposable
{
    public static readonly KubeKind Thing = new("acme.io", "v1", "things", "Thing");

    public required FakeKube Kube { get; init; }

    public required KubeClient Client { get; init; }

    /// <summary>The client's.</summary>
    public ManualClock Clock { get; init; } = new();

    public static async Task<KubeStage> OpenAsync(
        KubeClientOptions? options = null, TimeProvider? serverClock = null, IKubeCredentials? credentials = null)
    {
        var kube = await FakeKube.StartAsync(serverClock);
        kube.Register(Thing);
        var clock = new ManualClock();
        var access = Access(kube);
        if (credentials is not null) access = access with { Credentials = credentials };
        return new KubeStage
        {
            Kube = kube,
            Clock = clock,
            Client = new KubeClient(access, clock, (options ?? KubeClientOptions.Default) with { Seed = 7 }),
        };
    }

    public static KubeAccess Access(FakeKube kube) => new() { Server = kube.Address, From = "the test" };

    public static KubeName Named(string name, string @in = "shop") => new(Thing, @in, name);

    /// <summary>Puts a thing whose spec has one number.</summary>
    public JsonObject Put(string name, int number = 1, string labels = "") =>
        Kube.PutYaml(
            $"{{apiVersion: acme.io/v1, kind: Thing, metadata: {{name: {name}, namespace: shop, labels: {{{labels}}}}}, spec: {{number: "
                + $"{number}}}}}");

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Kube.DisposeAsync();
    }
}
