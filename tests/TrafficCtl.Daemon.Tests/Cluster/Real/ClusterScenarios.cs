using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Cluster.Real;

/// <summary>
/// What people do to a cluster in which whole controllers run, over HTTP alone: on the fake API server always, and on a real one
/// where there is one. A driver gives pods and endpoints, and sees each split that is written: one that raises a slot without a
/// ready endpoint fails every scenario.
/// </summary>
public abstract class ClusterScenarios
{
    private const string Short = "[{ weights: [50, 100], hold: 5s, at-least: { requests: 50 } }]";

    [Fact]
    public async Task After_a_promotion_in_managed_mode_the_next_template_gets_no_traffic_before_its_pods_are_ready()
    {
        await using var stage = await OpenAsync();
        await stage.ManagedAsync("checkout", Short);
        await stage.ControlAsync("one");
        await stage.ServesAsync("checkout", "v1");
        await PromoteAsync(stage, "checkout", "v2");

        stage.Driver.Hold("checkout:v9");
        await stage.SetImageAsync("checkout", "checkout:v9");
        await stage.UntilAsync(async () => await ReplicasAsync(stage, "checkout") == 2, "its pods are asked for");
        await stage.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(100, await stage.WeightAsync("checkout", "checkout-stable"));
        stage.Driver.Release("checkout:v9");
        await stage.ServesAsync("checkout", "v9");
    }

    [Fact]
    public async Task A_serving_slot_of_a_pair_that_is_changed_in_place_keeps_its_traffic_and_says_what_puts_it_back()
    {
        await using var stage = await OpenAsync();
        await stage.PairAsync("checkout", Short);
        await stage.ControlAsync("one");
        await stage.ServesAsync("checkout", "v1");
        await stage.SetImageAsync("checkout-canary", "checkout:v2");
        await stage.ServesAsync("checkout", "v2");
        await stage.SetImageAsync("checkout", "checkout:v2");
        await stage.UntilAsync(async () => await stage.WeightAsync("checkout", "checkout") == 100, "the stable slot takes v2 over");
        await stage.ScaleAsync("checkout-canary", 0);
        await stage.UntilAsync(() => Task.FromResult(stage.Driver.EndpointsOf("checkout-canary") == 0), "the canary's pods are gone");
        await stage.PassAsync(TimeSpan.FromSeconds(10));

        await stage.SetImageAsync("checkout", "checkout:v9");
        await stage.UntilAsync(
            async () => (string?)(await stage.ConditionAsync("checkout", "Serving"))?["reason"] == "ChangedInPlace",
            "the condition says so");
        await stage.PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(100, await stage.WeightAsync("checkout", "checkout"));
        var ready = (await stage.ConditionAsync("checkout", "Ready"))!;
        Assert.Equal("False", (string?)ready["status"]);
        Assert.Contains("rollout undo deployment/checkout", (string?)ready["message"], StringComparison.Ordinal);

        await stage.SetImageAsync("checkout", "checkout:v2");
        await stage.UntilAsync(() => stage.IsReadyAsync("checkout"), "what the message says helps");
    }

    [Fact]
    public async Task A_version_that_is_wanted_again_starts_again_and_was_never_rolled_back()
    {
        await using var stage = await OpenAsync();
        await stage.PairAsync("checkout", "[{ weights: [10, 100], hold: 30s, at-least: { requests: 50 } }]");
        await stage.ControlAsync("one");
        await stage.ServesAsync("checkout", "v1");
        await stage.SetImageAsync("checkout-canary", "checkout:v4");
        await stage.UntilAsync(async () => await stage.WeightAsync("checkout", "checkout-canary") == 10, "v4 has 10 %");

        stage.Driver.Hold("checkout:v5");
        await stage.SetImageAsync("checkout-canary", "checkout:v5");
        await stage.PassAsync(TimeSpan.FromSeconds(12));
        await stage.SetImageAsync("checkout-canary", "checkout:v4");

        await stage.ServesAsync("checkout", "v4");
        Assert.DoesNotContain(await PhasesAsync(stage), p => p is "RolledBack" or "RollingBack" or "Aborted");
    }

    [Fact]
    public async Task A_slot_whose_Service_is_deleted_and_made_again_at_once_ends_no_rollout()
    {
        await using var stage = await OpenAsync();
        await stage.PairAsync("checkout", "[{ weights: [10, 100], hold: 30s, at-least: { requests: 50 } }]");
        await stage.ControlAsync("one");
        await stage.ServesAsync("checkout", "v1");
        await stage.SetImageAsync("checkout-canary", "checkout:v2");
        await stage.UntilAsync(async () => await stage.WeightAsync("checkout", "checkout-canary") == 10, "v2 has 10 %");

        await stage.AtOnceAsync(async () =>
        {
            await stage.DeleteAsync(KubeKind.Service, "checkout-canary");
            await stage.DrivenAsync();
            await stage.SlotAsync("checkout-canary");
            await stage.DrivenAsync();
        });

        await stage.ServesAsync("checkout", "v2");
        Assert.Equal(["Good"], await PhasesAsync(stage));
    }

    [Fact]
    public async Task Services_that_share_a_ConfigMap_keep_what_their_copies_name_whatever_becomes_of_the_other()
    {
        await using var stage = await OpenAsync();
        await stage.ConfigAsync("common", "a=1");
        foreach (var name in (string[])["basket", "checkout"]) await stage.ManagedAsync(name, Short, config: "common");
        await stage.ControlAsync("one");
        foreach (var name in (string[])["basket", "checkout"])
            await stage.UntilAsync(() => stage.IsReadyAsync(name), $"{name} is served");
        await PromoteAsync(stage, "basket", "v2");
        await CheckConfigsAsync(stage);

        await stage.DeleteAsync(KubeKind.Service, "basket");
        await stage.UntilAsync(async () => await stage.GetAsync(KubeKind.Service, "basket") is null, "basket is gone");
        await stage.PassAsync(TimeSpan.FromMinutes(2));
        await CheckConfigsAsync(stage);
        Assert.True(await stage.IsReadyAsync("checkout"));
        Assert.Equal(100, await stage.WeightAsync("checkout", "checkout-stable"));
    }

    [Theory]
    [InlineData(20)]
    [InlineData(150)]
    public async Task A_root_Service_in_managed_mode_that_is_deleted_and_applied_again_is_served_again(int seconds)
    {
        await using var stage = await OpenAsync();
        await stage.ConfigAsync("common", "a=1");
        await stage.ManagedAsync("checkout", Short, config: "common");
        await stage.ControlAsync("one");
        await stage.UntilAsync(() => stage.IsReadyAsync("checkout"), "checkout is served");
        await PromoteAsync(stage, "checkout", "v2");

        await stage.DeleteAsync(KubeKind.Service, "checkout");
        await stage.UntilAsync(async () => await stage.GetAsync(KubeKind.Service, "checkout") is null, "it is gone");
        await stage.PassAsync(TimeSpan.FromSeconds(seconds));
        // The route still sends everything there.
        Assert.Equal(100, await stage.WeightAsync("checkout", "checkout-stable"));
        Assert.True(stage.Driver.EndpointsOf("checkout-stable") > 0);
        await CheckConfigsAsync(stage);

        await stage.RootAsync("checkout", Short);
        await PromoteAsync(stage, "checkout", "v3");
        await CheckConfigsAsync(stage);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_evidence_of_a_rollout_survives_whoever_takes_over(bool isCut)
    {
        await using var stage = await OpenAsync();
        await stage.PairAsync("checkout", "[{ weights: [10, 20, 50, 100], hold: 30s, at-least: { requests: 50 } }]");
        var isGone = false;
        var first = await stage.ControlAsync("one", () => Volatile.Read(ref isGone));
        await stage.ServesAsync("checkout", "v1");
        await stage.SetImageAsync("checkout-canary", "checkout:v2");
        await stage.UntilAsync(async () => await stage.WeightAsync("checkout", "checkout-canary") == 20, "the first step has passed");

        if (isCut) Volatile.Write(ref isGone, true);
        else await stage.StopAsync(first);
        var second = await stage.ControlAsync("two");
        await stage.UntilAsync(() => Task.FromResult(second.IsLeading), "the second leads");
        await stage.ServesAsync("checkout", "v2");

        Assert.DoesNotContain(await stage.AllAsync(KubeKind.Event), e => (string?)e["reason"] == "EvidenceAnew");
        var rollout = Assert.Single(await stage.AllAsync(KubeKind.Rollout));
        Assert.DoesNotContain(rollout["status"]!["facts"]!.AsArray(), f => (string?)f!["kind"] == "evidence-anew");
    }

    /// <summary>An API server, or <see cref="Assert.Skip"/> with the reason why there is none.</summary>
    private protected abstract ValueTask<ClusterApi> ApiAsync();

    private async Task<ClusterStage> OpenAsync() => await ClusterStage.OpenAsync(await ApiAsync());

    /// <summary>A new image in the Deployment of a service in managed mode, until its copy runs it, has all traffic and is alone.</summary>
    private static async Task PromoteAsync(ClusterStage stage, string service, string version)
    {
        await stage.SetImageAsync(service, $"{service}:{version}");
        await stage.UntilAsync(
            async () => await stage.GetAsync(KubeKind.Deployment, $"{service}-stable") is { } copy
                && (string)copy["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]! == $"{service}:{version}"
                && await stage.WeightAsync(service, $"{service}-stable") == 100 && await ReplicasAsync(stage, service) == 0
                && await stage.IsReadyAsync(service),
            $"{service} is promoted to {version}");
    }

    private static async Task<int> ReplicasAsync(ClusterStage stage, string deployment) =>
        (int)(await stage.GetAsync(KubeKind.Deployment, deployment))!["spec"]!["replicas"]!;

    private static async Task<string[]> PhasesAsync(ClusterStage stage) =>
        [.. (await stage.AllAsync(KubeKind.Rollout)).Select(static r => (string?)r["status"]?["phase"] ?? "")];

    /// <summary>What a live Deployment names is there.</summary>
    private static async Task CheckConfigsAsync(ClusterStage stage)
    {
        var there = (await stage.AllAsync(KubeKind.ConfigMap))
            .Select(static c => (string)c["metadata"]!["name"]!)
            .ToHashSet(StringComparer.Ordinal);
        foreach (var deployment in await stage.AllAsync(KubeKind.Deployment))
            foreach (var source in deployment["spec"]!["template"]!["spec"]!["containers"]![0]!["envFrom"] as JsonArray ?? [])
                Assert.Contains((string)source!["configMapRef"]!["name"]!, there);
    }
}

public sealed class FakeClusterTests : ClusterScenarios, IAsyncDisposable
{
    private FakeKube? kube;

    public ValueTask DisposeAsync() => kube?.DisposeAsync() ?? ValueTask.CompletedTask;

    private protected override async ValueTask<ClusterApi> ApiAsync()
    {
        kube = await FakeKube.StartAsync();
        return new ClusterApi(new KubeAccess { Server = kube.Address, From = "a test" }, HasControllers: false, Collects: true, Speed: 20);
    }
}

public sealed class RealClusterTests(RealKube real) : ClusterScenarios, IClassFixture<RealKube>
{
    private protected override async ValueTask<ClusterApi> ApiAsync()
    {
        await real.OpenAsync();
        Assert.SkipWhen(real.Access is null, real.WhyNot);
        return new ClusterApi(real.Supported!, real.HasControllers, Collects: real.HasControllers, Speed: 8);
    }
}
