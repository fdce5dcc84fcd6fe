using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Managed;
using TrafficCtl.Kubernetes.Tests.Discovery;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Managed;

/// <summary>Two services in managed mode whose pods read the same ConfigMap, and the same Secret.</summary>
public sealed class SharedConfigTests : IDisposable
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;
    private static readonly string[] Both = ["basket", "checkout"];

    private readonly MemoryCluster kube = new();
    private readonly Explorer explorer;
    private readonly ManagedMode managed;
    private readonly Dictionary<string, ServiceRecord> records = new(StringComparer.Ordinal);

    public SharedConfigTests()
    {
        foreach (var name in Both)
        {
            Shop.PutService(kube, name, $"{name}-stable", ("enabled", "true"), ("route", name), ("managed", "true"));
            Shop.PutDeployment(kube, name, $"{name}:v1", 2, with: d =>
                d["spec"]!["template"]!["spec"]!["containers"]![0]!["envFrom"] = new JsonArray(
                new JsonObject { ["configMapRef"] = new JsonObject { ["name"] = "common" } },
                new JsonObject { ["secretRef"] = new JsonObject { ["name"] = "token" } }));
        }

        Shop.PutConfig(kube, "common", "a=1");
        Shop.PutConfig(kube, "token", "s=1", KubeKind.Secret);
        explorer = new Explorer(kube);
        managed = new ManagedMode(
            new ClusterLink(kube, kube, () => true), () => explorer.Discovery.Services, name => records.GetValueOrDefault(name), explorer,
            explorer.Clock, NullLogger<ManagedMode>.Instance);
    }

    [Fact]
    public async Task Each_service_has_a_copy_of_its_own_and_takes_none_of_the_others()
    {
        await BirthAsync();
        var names = Both.Select(b => Named(b)).ToArray();
        Assert.Equal(4, names.SelectMany(n => n).Distinct().Count());
        foreach (var name in Both)
        {
            foreach (var config in Named(name))
            {
                var copy = kube.Get(config)!;
                Assert.Equal(name, (string)copy["metadata"]!["labels"]!["trafficctl.io/service"]!);
                Assert.Null(copy["metadata"]!["ownerReferences"]);
            }
        }
    }

    [Fact]
    public async Task A_promotion_of_one_deletes_nothing_that_the_other_names()
    {
        await BirthAsync();
        await ReleaseAsync("checkout");
        Assert.Equal("a=2", (string)kube.Get(Named("checkout")[0])!["data"]!["settings"]!);
        Assert.All(Named("basket"), c => Assert.NotNull(kube.Get(c)));
        Assert.Equal("a=1", (string)kube.Get(Named("basket")[0])!["data"]!["settings"]!);
        Assert.Equal(4, Copies().Length);
    }

    [Fact]
    public async Task What_an_earlier_build_made_for_both_is_kept_by_each_of_its_users_until_none_is_left()
    {
        await BirthAsync();
        var shared = Legacy("common-stable-12345678");

        // No pod is rolled for it: the copy goes on with what it names.
        Assert.DoesNotContain(await PassAsync(), w => !w.StartsWith("delete", StringComparison.Ordinal));
        Assert.Empty(await PassAsync());

        await ReleaseAsync("checkout");
        Assert.NotNull(kube.Get(shared));
        Assert.Equal(shared, Named("basket")[0]);

        await ReleaseAsync("basket");
        await PassAsync();
        Assert.NotEqual(shared, Named("basket")[0]);
        Assert.Null(kube.Get(shared));
        Assert.All(Named("basket"), c => Assert.NotNull(kube.Get(c)));
    }

    [Fact]
    public async Task What_a_Deployment_names_of_which_no_informer_has_heard_is_not_deleted()
    {
        await BirthAsync();
        var first = Named("checkout")[0];
        kube.IsUnheard = name => name == Shop.Deployment("late");
        Shop.PutDeployment(kube, "late", "late:v1", with: d => d["spec"]!["template"]!["spec"]!["volumes"] = new JsonArray(
            new JsonObject { ["name"] = "v", ["configMap"] = new JsonObject { ["name"] = first.Name } }));
        await ReleaseAsync("checkout");
        Assert.NotNull(kube.Get(first));
    }

    [Fact]
    public async Task What_was_made_for_another_service_is_not_taken_over()
    {
        await BirthAsync();
        kube.Edit(Shop.Deployment("checkout-stable"), d => d["metadata"]!["labels"]!["trafficctl.io/service"] = "basket");
        Assert.DoesNotContain(await PassAsync(), w => w.Contains("checkout-stable", StringComparison.Ordinal));
        Assert.Contains(
            "Deployment shop/checkout-stable was made for Service basket", explorer.Told.Single(t => t.Reason == "NameTaken").Note,
            StringComparison.Ordinal);
    }

    public void Dispose()
    {
        managed.Dispose();
        explorer.Dispose();
    }

    /// <summary>As it was: one name by the content alone, with the label and the owner of whoever wrote it last.</summary>
    private KubeName Legacy(string name)
    {
        var shared = new KubeName(KubeKind.ConfigMap, Shop.Space, name);
        var old = Named("checkout")[0];
        var thing = kube.Get(old)!.DeepClone().AsObject();
        foreach (var set in (string[])["uid", "resourceVersion", "generation"]) thing["metadata"]!.AsObject().Remove(set);
        thing["metadata"]!["name"] = name;
        kube.Put(KubeKind.ConfigMap, thing);
        foreach (var service in Both)
        {
            kube.Edit(Shop.Deployment($"{service}-stable"), d =>
                d["spec"]!["template"]!["spec"]!["containers"]![0]!["envFrom"]![0]!["configMapRef"]!["name"] = name);
            Shop.Settle(kube, $"{service}-stable");
        }

        return shared;
    }

    private async Task BirthAsync()
    {
        await PassAsync();
        await ConvergeAsync();
        foreach (var name in Both) Good(name, VersionOf(name, 0));
        await PassAsync();
        explorer.Clock.Advance(ManagedPlan.Settle);
        await PassAsync();
        await ConvergeAsync();
    }

    /// <summary>The configuration changes, and the new version of one service becomes good.</summary>
    private async Task ReleaseAsync(string service)
    {
        Shop.PutConfig(kube, "common", service == "checkout" ? "a=2" : "a=3");
        kube.Edit(Shop.Deployment(service), d => d["spec"]!["replicas"] = 2);
        await ConvergeAsync();
        Good(service, VersionOf(service, 1));
        await PassAsync();
        await ConvergeAsync();
        explorer.Clock.Advance(ManagedPlan.Settle);
        await PassAsync();
        await ConvergeAsync();
    }

    private void Good(string service, string version)
    {
        records[$"shop.{service}"] = new ServiceRecord(new TargetKey($"shop.{service}", "default"), version, 1, 3, [], null, default);
        Shop.PutRecord(kube, service, version);
    }

    private string VersionOf(string service, int slot) =>
        explorer.Sets[^1].Single(s => s.Service == $"shop.{service}").Cluster!.Slots[slot].Version!;

    private async Task<string[]> PassAsync()
    {
        explorer.Discovery.Read();
        var before = kube.Writes.Count;
        await managed.DoAsync(Stop);
        explorer.Discovery.Read();
        return [.. kube.Writes.Skip(before)];
    }

    private Task<string[]> ConvergeAsync()
    {
        foreach (var service in Both)
        {
            foreach (var (slot, name) in new[] { ($"{service}-stable", $"{service}-stable"), ($"{service}-candidate", service) })
            {
                if (kube.Get(Shop.Deployment(name)) is not { } found) continue;
                Shop.Settle(kube, name);
                Shop.PutEndpoints(kube, slot, found["spec"]!["replicas"]!.GetValue<int>());
            }
        }

        return PassAsync();
    }

    /// <summary>The ConfigMap and the Secret that the copy of a service names.</summary>
    private KubeName[] Named(string service)
    {
        var from = kube.Get(Shop.Deployment($"{service}-stable"))!["spec"]!["template"]!["spec"]!["containers"]![0]!["envFrom"]!;
        return
        [
            new KubeName(KubeKind.ConfigMap, Shop.Space, (string)from[0]!["configMapRef"]!["name"]!),
            new KubeName(KubeKind.Secret, Shop.Space, (string)from[1]!["secretRef"]!["name"]!),
        ];
    }

    private JsonObject[] Copies() =>
        [.. kube.All(KubeKind.ConfigMap).AddRange(kube.All(KubeKind.Secret)).Where(c => c["metadata"]!["labels"] is not null)];
}
