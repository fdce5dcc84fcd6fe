using System.Text.Json.Nodes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Keeping;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Mesh;

public class ShadowRouterTests
{
    private const string Audit = "{ destination: { host: audit }, percentage: { value: 100 } }";

    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(500)]
    [InlineData(0)]
    public async Task A_shadow_is_in_force_without_a_request_and_the_next_step_or_an_abort_takes_it_away(int next)
    {
        await using var stage = await MeshStage.OpenAsync(isMeasured: true);
        stage.Put(100, 0, mirrors: $"[{Audit}]");
        var before = stage.Live["spec"]!.DeepClone();
        await stage.ShadowAsync(1000);
        Assert.Equal("audit 100, checkout-canary 10", stage.Mirrors);
        Assert.NotNull((await stage.ObserveAsync()).Pending);
        stage.Wait(10);
        Assert.Null((await stage.ObserveAsync()).Pending);
        Assert.Equal("0 %, shadow 10 %", stage.Last!.EffectiveExposure.ToString());

        var writes = stage.Writes;
        await stage.ShadowAsync(1000);
        Assert.Equal(writes, stage.Writes);
        await stage.ShadowAsync(2000);
        Assert.Equal("audit 100, checkout-canary 20", stage.Mirrors);

        await stage.AskAsync(next);
        Assert.Equal(("audit 100", next), (stage.Mirrors, stage.Share));
        if (next == 0) Assert.True(JsonNode.DeepEquals(before, stage.Live["spec"]));
    }

    [Fact]
    public async Task The_next_process_knows_that_the_mirror_is_the_controllers()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ShadowAsync(1000);
        stage.Restart();
        await stage.ShadowAsync(1000);
        Assert.Null((await stage.ObserveAsync()).Drift);
        stage.Restart();
        await stage.AskAsync(0);
        Assert.Equal("", stage.Mirrors);
        Assert.Null((await stage.ObserveAsync()).Drift);
    }

    [Theory]
    [InlineData(DriftPolicy.Auto)]
    [InlineData(DriftPolicy.Correct)]
    [InlineData(DriftPolicy.Adopt)]
    public async Task A_person_who_takes_the_mirror_away_has_aborted_the_rollout(DriftPolicy policy)
    {
        await using var stage = await MeshStage.OpenAsync();
        stage.Target = stage.Target! with { Drift = policy };
        await stage.ShadowAsync(1000);
        stage.Put(100, 0, "kubectl-edit");
        stage.Wait();
        var drift = (await stage.ObserveAsync()).Drift!;
        Assert.Equal(DriftAnswer.Abort, drift.Answer);
        Assert.Contains(
            "changed from checkout-stable 100 %, shadow 10 % to checkout-stable 100 % by kubectl-edit", drift.Text,
            StringComparison.Ordinal);
        await stage.ShadowAsync(1000, isNew: false);
        Assert.Equal("", stage.Mirrors);
        await stage.AskAsync(0);
        Assert.Null((await stage.ObserveAsync()).Drift);
    }

    [Fact]
    public async Task A_mirror_that_a_GitOps_manager_took_away_is_told_and_written_again()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ShadowAsync(1000);
        stage.Put(100, 0, "argocd-controller");
        stage.Wait();
        Assert.Equal(DriftAnswer.Correct, (await stage.ObserveAsync()).Drift!.Answer);
        await stage.ShadowAsync(1000, isNew: false);
        Assert.Equal("checkout-canary 10", stage.Mirrors);
    }

    [Fact]
    public async Task A_mirror_that_a_person_raises_pauses_and_one_to_somewhere_else_is_no_drift()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ShadowAsync(1000);
        stage.Put(100, 0, mirrors: $"[{Audit}, {{ destination: {{ host: checkout-canary }}, percentage: {{ value: 10 }} }}]");
        stage.Wait();
        Assert.Null((await stage.ObserveAsync()).Drift);
        stage.Put(100, 0, mirrors: "[{ destination: { host: checkout-canary }, percentage: { value: 50 } }]");
        stage.Wait();
        Assert.Equal(DriftAnswer.Pause, (await stage.ObserveAsync()).Drift!.Answer);
    }

    [Fact]
    public async Task A_mirror_of_somebody_else_to_the_candidate_is_left_alone_and_stands_in_the_way_of_a_shadow()
    {
        await using var stage = await MeshStage.OpenAsync();
        stage.Put(100, 0, mirrors: "[{ destination: { host: checkout-canary }, percentage: { value: 50 } }]");
        await stage.AskAsync(500);
        Assert.Equal("checkout-canary 50", stage.Mirrors);
        Assert.Null((await stage.ObserveAsync()).Drift);
        var fault = await Assert.ThrowsAsync<MeshException>(() => stage.ShadowAsync(1000));
        Assert.Contains(
            "copies 50 % of the requests to a slot of checkout already, and not by the controller's hand", fault.Message,
            StringComparison.Ordinal);
        await stage.AskAsync(0);
        Assert.Equal("checkout-canary 50", stage.Mirrors);
    }

    [Fact]
    public async Task Nothing_is_copied_to_a_slot_that_is_not_ready()
    {
        await using var stage = await MeshStage.OpenAsync();
        var target = stage.Target!;
        stage.Target = target with { Slots = [target.Slots[0], target.Slots[1] with { IsReady = false }] };
        await stage.ShadowAsync(1000);
        Assert.Equal("", stage.Mirrors);
        Assert.Contains(
            "its shadow stays at 0 % and does not rise to 10 %", (await stage.ObserveAsync()).Warning, StringComparison.Ordinal);
        stage.Target = target;
        await stage.ShadowAsync(1000);
        Assert.Equal("checkout-canary 10", stage.Mirrors);
    }

    [Fact]
    public async Task A_restore_takes_the_mirror_away_and_leaves_one_that_somebody_changed()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ShadowAsync(1000);
        Assert.Equal(RestoreOutcome.Restored, (await new MeshRestore(stage.Parts).RestoreAsync("shop.checkout", "v1", Stop)).Outcome);
        Assert.Equal("", stage.Mirrors);

        stage.Restart();
        await stage.ShadowAsync(1000);
        stage.Put(100, 0, mirrors: "[{ destination: { host: checkout-canary }, percentage: { value: 50 } }]");
        var done = await new MeshRestore(stage.Parts).RestoreAsync("shop.checkout", "v1", Stop);
        Assert.Equal(RestoreOutcome.Left, done.Outcome);
        Assert.Contains("says checkout-stable 100 %, shadow 50 %", done.Words, StringComparison.Ordinal);
        Assert.Equal("checkout-canary 50", stage.Mirrors);
    }

    [Fact]
    public async Task A_routing_object_that_cannot_mirror_says_so_and_keeps_its_split()
    {
        await using var stage = await MeshStage.OpenAsync();
        stage.Target = MeshTools.Target("smi", null, RouteMode.Owned);
        stage.Kube.Register(new("split.smi-spec.io", "v1alpha2", "trafficsplits", "TrafficSplit"));
        var fault = await Assert.ThrowsAsync<MeshException>(() => stage.ShadowAsync(1000));
        Assert.Equal(MeshFault.Unsupported, fault.Fault);
        Assert.Contains(
            "smi/checkout: the routing object can send no copies of requests; shadow steps work with istio and gateway-api", fault.Message,
            StringComparison.Ordinal);
        Assert.DoesNotContain(stage.Kube.Calls, c => c.IsWrite);
    }
}
