using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Managed;
using TrafficCtl.Kubernetes.Tests.Discovery;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Managed;

/// <summary>
/// One Deployment <c>checkout</c> behind Service <c>checkout</c> in managed mode, its discovery, and the record that an engine would keep.
/// </summary>
internal sealed class ManagedShop : IDisposable
{
    private static readonly TargetKey Key = new("shop.checkout", "default");

    private readonly ManagedMode managed;
    private readonly Clearing clearing;

    public ManagedShop(
        string image = "checkout:v1", int replicas = 3, string rootSelects = "checkout-stable", Action<JsonObject>? with = null)
    {
        Shop.PutService(Kube, "checkout", rootSelects, ("enabled", "true"), ("route", "checkout"), ("managed", "true"));
        Shop.PutDeployment(Kube, "checkout", image, replicas, with);
        Explorer = new Explorer(Kube);
        managed = new ManagedMode(
            new ClusterLink(Kube, Kube, () => true), () => Explorer.Discovery.Services, _ => Record, Explorer, Explorer.Clock,
            NullLogger<ManagedMode>.Instance);
        clearing = new Clearing(
            new ClusterLink(Kube, Kube, () => true), Explorer.Discovery, (service, _) => ValueTask.FromResult(Release(service)), [],
            Explorer,
            Explorer.Clock, NullLogger<Clearing>.Instance);
    }

    /// <summary>Why a route cannot be released; null when it can.</summary>
    public Func<string, string?> Release { get; set; } = static _ => null;

    public MemoryCluster Kube { get; } = new();

    public Explorer Explorer { get; }

    public ServiceRecord? Record { get; set; }

    public ServiceSpec Spec => Assert.Single(Explorer.Sets[^1]);

    /// <summary>A pass of discovery and of managed mode, and what was written by it.</summary>
    public async Task<string[]> PassAsync()
    {
        Explorer.Discovery.Read();
        var before = Kube.Writes.Count;
        await managed.DoAsync(CancellationToken.None);
        Explorer.Discovery.Read();
        return [.. Kube.Writes.Skip(before)];
    }

    /// <summary>A pass of discovery, with its notes kept, and one over what is no longer needed; what was written by it.</summary>
    public async Task<string[]> ClearAsync()
    {
        Explorer.Discovery.Read();
        await Explorer.Discovery.KeepAsync(CancellationToken.None);
        var before = Kube.Writes.Count;
        await clearing.DoAsync(CancellationToken.None);
        var writes = Kube.Writes.Skip(before).ToArray();
        Explorer.Discovery.Read();
        await Explorer.Discovery.KeepAsync(CancellationToken.None);
        return writes;
    }

    /// <summary>As <c>kubectl replace --force</c> does: deleted, and made with another uid.</summary>
    public void Replace(KubeName name)
    {
        var thing = Kube.Get(name)!.DeepClone().AsObject();
        Kube.Remove(name);
        foreach (var set in (string[])["uid", "resourceVersion", "generation"]) thing["metadata"]!.AsObject().Remove(set);
        Kube.Put(name.Kind, thing);
    }

    /// <summary>The process leads again, after another one did.</summary>
    public Task LeadAgainAsync() => managed.RunAsync(new CancellationToken(canceled: true));

    /// <summary>Deployments get their pods, and Services their endpoints.</summary>
    public void Converge()
    {
        foreach (var (service, deployment) in new[] { ("checkout-stable", "checkout-stable"), ("checkout-candidate", "checkout") })
        {
            if (Kube.Get(Shop.Deployment(deployment)) is not { } found) continue;
            Shop.Settle(Kube, deployment);
            Shop.PutEndpoints(Kube, service, found["spec"]!["replicas"]!.GetValue<int>());
        }
    }

    public async Task BirthAsync()
    {
        await PassAsync();
        Converge();
        await PassAsync();
        Good(Spec.Stable);
        await PassAsync();
    }

    /// <summary>A minute in which nothing that serves changes.</summary>
    public void Settle() => Explorer.Clock.Advance(ManagedPlan.Settle);

    public void Good(string version)
    {
        Record = new ServiceRecord(Key, version, 1, 3, [], null, default);
        Shop.PutRecord(Kube, "checkout", version);
    }

    public void Begin(string candidate) => Record = Record! with
    {
        Active = new RolloutState(
            "shop.checkout-default-1", Key.Service, Key.Environment, 1, Record!.LastGood, candidate, 4, Explorer.Clock.GetUtcNow(),
            Explorer.Clock.GetUtcNow(),
            new Phase.Waiting("a gate"))
        { Plan = new Plan() },
    };

    public void Deploy(string image) => Shop.PutImage(Kube, "checkout", image);

    public string Version(int slot) => Spec.Cluster!.Slots[slot].Version!;

    public int Replicas(string deployment) => Kube.Get(Shop.Deployment(deployment))!["spec"]!["replicas"]!.GetValue<int>();

    public string Image(string deployment) =>
        Kube.Get(Shop.Deployment(deployment))!["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]!.ToString();

    public void Dispose()
    {
        managed.Dispose();
        clearing.Dispose();
        Explorer.Dispose();
    }
}
