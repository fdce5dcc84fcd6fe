using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Mesh;

public class DriftTests
{
    [Theory]
    [InlineData("argocd-controller")]
    [InlineData("argocd-application-controller")]
    [InlineData("kustomize-controller")]
    [InlineData("helm-controller")]
    public async Task What_a_GitOps_manager_wrote_is_told_and_corrected(string manager)
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(1000);
        stage.Put(100, 0, manager);
        stage.Wait();
        var drift = (await stage.ObserveAsync()).Drift!;
        Assert.Equal((DriftAnswer.Correct, Weights.AllStable), (drift.Answer, drift.Found!.Value));
        Assert.Equal($"{manager} (Update)", drift.Who);
        Assert.StartsWith(
            $"the weights of VirtualService shop/checkout changed from checkout-canary 10 %, checkout-stable 90 % to checkout-stable 100 "
                + $"% by {manager} (Update) at 2026-01-01 00:0",
            drift.Text, StringComparison.Ordinal);
        await stage.AskAsync(1000, isNew: false);
        Assert.Equal(1000, stage.Share);
        Assert.Null((await stage.ObserveAsync()).Drift);
    }

    [Fact]
    public async Task Another_routing_object_is_no_drift_of_the_one_before()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(2500);
        stage.Kube.PutYaml("""
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: { name: till, namespace: shop }
            spec:
              http:
              - name: primary
                route:
                - { destination: { host: checkout-stable }, weight: 100 }
                - { destination: { host: checkout-canary }, weight: 0 }
            """, "kubectl-edit");
        stage.Target = stage.Target! with { Route = stage.Target.Route with { Name = "till" } };
        stage.Wait();

        var status = await stage.ObserveAsync();
        Assert.Null(status.Drift);
        Assert.NotNull(status.Pending);
        await stage.AskAsync(2500, isNew: false);
        Assert.Null((await stage.ObserveAsync()).Drift);
        Assert.Equal(
            25, stage.Kube.Get(MeshStage.Route with { Name = "till" })!["spec"]!["http"]![0]!["route"]![1]!["weight"]!.GetValue<int>());
    }

    [Fact]
    public async Task A_drift_is_told_before_it_is_corrected()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(1000);
        stage.Put(100, 0, "argocd-controller");
        stage.Wait();
        await stage.Router.ApplyAsync(stage.Router.Find("shop.checkout")!, TestContext.Current.CancellationToken);
        Assert.Equal(0, stage.Share);
        Assert.Equal(DriftAnswer.Correct, (await stage.ObserveAsync()).Drift!.Answer);
        await stage.AskAsync(1000, isNew: false);
        Assert.Equal(1000, stage.Share);
    }

    [Theory]
    [InlineData(DriftPolicy.Auto)]
    [InlineData(DriftPolicy.Correct)]
    [InlineData(DriftPolicy.Pause)]
    [InlineData(DriftPolicy.Adopt)]
    public async Task A_person_who_lowers_the_candidate_has_aborted_it_under_every_policy(DriftPolicy policy)
    {
        await using var stage = await MeshStage.OpenAsync();
        stage.Target = stage.Target! with { Drift = policy };
        await stage.ReachAsync(2500);
        stage.Put(95, 5, "kubectl-edit");
        stage.Wait();
        var drift = (await stage.ObserveAsync()).Drift!;
        Assert.Equal((DriftAnswer.Abort, 500), (drift.Answer, drift.Found!.Value.Candidate));
        await stage.AskAsync(2500, isNew: false);
        Assert.Equal(500, stage.Share);
        Assert.Equal(drift, (await stage.ObserveAsync()).Drift);
        await stage.AskAsync(0);
        Assert.Equal(0, stage.Share);
        Assert.Null((await stage.ObserveAsync()).Drift);
    }

    [Theory]
    [InlineData(DriftPolicy.Auto, "kubectl-edit", DriftAnswer.Pause)]
    [InlineData(DriftPolicy.Pause, "argocd-controller", DriftAnswer.Pause)]
    [InlineData(DriftPolicy.Correct, "kubectl-edit", DriftAnswer.Correct)]
    [InlineData(DriftPolicy.Adopt, "kubectl-edit", DriftAnswer.Adopt)]
    [InlineData(DriftPolicy.Auto, "node-fetch", DriftAnswer.Pause)]
    public async Task A_raise_is_answered_by_the_policy(DriftPolicy policy, string manager, DriftAnswer answer)
    {
        await using var stage = await MeshStage.OpenAsync();
        stage.Target = stage.Target! with { Drift = policy };
        await stage.ReachAsync(1000);
        stage.Put(50, 50, manager);
        stage.Wait();
        var status = await stage.ObserveAsync();
        Assert.Equal((answer, 5000), (status.Drift!.Answer, status.EffectiveExposure.General.Candidate));
        Assert.Equal(answer != DriftAnswer.Adopt, status.Pending is not null);
        await stage.AskAsync(1000, isNew: false);
        Assert.Equal(answer == DriftAnswer.Correct ? 1000 : 5000, stage.Share);
        await stage.AskAsync(2500);
        Assert.Equal(2500, stage.Share);
    }

    [Fact]
    public async Task A_pause_lasts_until_a_person_decides_or_puts_it_back()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(1000);
        stage.Put(50, 50);
        stage.Wait();
        for (var round = 0; round < 3; round++) await stage.AskAsync(1000);
        Assert.Equal(5000, stage.Share);
        stage.Router.Settle(Keys.Of("shop.checkout"));
        await stage.AskAsync(1000);
        Assert.Equal(1000, stage.Share);

        stage.Put(50, 50);
        stage.Wait();
        Assert.NotNull((await stage.ObserveAsync()).Drift);
        stage.Put(90, 10);
        stage.Wait();
        Assert.Null((await stage.ObserveAsync()).Drift);
    }

    [Fact]
    public async Task The_same_split_in_another_scale_is_no_drift()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(1000);
        var writes = stage.Writes;
        stage.Put(9, 1);
        stage.Wait();
        Assert.Null((await stage.ObserveAsync()).Drift);
        await stage.AskAsync(1000, isNew: false);
        Assert.Equal(writes, stage.Writes);
    }

    [Fact]
    public async Task Who_fights_on_is_left_alone_after_three_corrections_and_named()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(1000);
        for (var round = 0; round < 3; round++)
        {
            stage.Put(100, 0, "argocd-controller");
            stage.Wait();
            await stage.AskAsync(1000, isNew: false);
            Assert.Equal(1000, stage.Share);
        }

        stage.Put(100, 0, "argocd-controller");
        stage.Wait();
        var drift = (await stage.ObserveAsync()).Drift!;
        Assert.Equal(DriftAnswer.Pause, drift.Answer);
        Assert.Contains("FightingManager: it was corrected 3 times within 10 min", drift.Text, StringComparison.Ordinal);
        await stage.AskAsync(1000, isNew: false);
        Assert.Equal(0, stage.Share);
    }

    [Fact]
    public async Task A_step_of_the_clock_ends_no_fight()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(1000);
        for (var round = 0; round < 3; round++)
        {
            stage.Put(100, 0, "argocd-controller");
            stage.Wait();
            stage.Clock.Set(TimeSpan.FromDays(1));
            await stage.AskAsync(1000, isNew: false);
        }

        stage.Put(100, 0, "argocd-controller");
        stage.Wait();
        Assert.Equal(DriftAnswer.Pause, (await stage.ObserveAsync()).Drift!.Answer);
    }

    [Fact]
    public async Task Corrections_far_apart_are_no_fight()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(1000);
        for (var round = 0; round < 6; round++)
        {
            stage.Put(100, 0, "argocd-controller");
            stage.Wait(601);
            await stage.AskAsync(1000, isNew: false);
            Assert.Equal(1000, stage.Share);
        }
    }

    [Fact]
    public async Task A_renamed_rule_a_removed_backend_and_a_deleted_object_pause_with_words()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(1000);
        stage.Put(90, 10, rule: "renamed");
        stage.Wait();
        var drift = (await stage.ObserveAsync()).Drift!;
        Assert.Equal((DriftAnswer.Pause, null), (drift.Answer, drift.Found));
        Assert.Contains("no rule named primary", drift.Text, StringComparison.Ordinal);
        await stage.FailsAsync(MeshFault.RuleMissing, 1000);

        stage.Kube.PutYaml("""
            { apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: { name: checkout, namespace: shop },
              spec: { hosts: [checkout], http: [{ name: primary, route: [{ destination: { host: checkout-stable } }] }] } }
            """, "kubectl-edit");
        stage.Wait();
        drift = (await stage.ObserveAsync()).Drift!;
        Assert.Equal((DriftAnswer.Pause, null), (drift.Answer, drift.Found));
        Assert.Contains("no destination checkout-canary any more", drift.Text, StringComparison.Ordinal);

        stage.Kube.Delete(MeshStage.Route);
        stage.Wait();
        Assert.Contains("does not exist", (await stage.ObserveAsync()).Drift!.Text, StringComparison.Ordinal);
        stage.Put(90, 10);
        stage.Wait();
        Assert.Null((await stage.ObserveAsync()).Drift);
    }

    [Fact]
    public async Task Both_weights_0_by_a_person_end_the_rollout_with_all_traffic_on_stable()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(1000);
        stage.Put(0, 0);
        stage.Wait();
        Assert.Equal(DriftAnswer.Abort, (await stage.ObserveAsync()).Drift!.Answer);
        await stage.AskAsync(0);
        Assert.Equal(0, stage.Share);
        Assert.Equal(100, stage.Live["spec"]!["http"]![0]!["route"]![0]!["weight"]!.GetValue<int>());
    }

    [Fact]
    public async Task A_hand_that_came_while_nobody_led_is_seen_by_the_next_leader()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(2500);
        stage.Put(100, 0);
        stage.Restart();
        await stage.AskAsync(2500);
        Assert.Equal(0, stage.Share);
        Assert.Equal(DriftAnswer.Abort, (await stage.ObserveAsync()).Drift!.Answer);
    }

    [Fact]
    public async Task Work_that_the_last_leader_did_not_finish_is_finished_and_is_no_drift()
    {
        await using var stage = await MeshStage.OpenAsync(manager: "kubectl-edit");
        stage.Kube.Intercept = call => call is { Verb: "patch", Resource: "virtualservices" } ? new KubeFault.Drop() : null;
        await stage.FailsAsync(MeshFault.Unreachable, 1000);
        stage.Kube.Intercept = null;
        stage.Restart();
        await stage.AskAsync(1000);
        Assert.Equal(1000, stage.Share);
        Assert.Null((await stage.ObserveAsync()).Drift);
    }

    [Fact]
    public async Task A_person_who_undoes_the_last_step_after_a_restart_is_not_taken_for_an_unfinished_write()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(1000);
        await stage.ReachAsync(2500);
        stage.Restart();
        await stage.AskAsync(2500);
        stage.Put(90, 10);
        stage.Wait();
        Assert.Equal(DriftAnswer.Abort, (await stage.ObserveAsync()).Drift!.Answer);
    }

    [Fact]
    public async Task What_stood_there_before_the_first_write_is_nobodys_drift()
    {
        await using var stage = await MeshStage.OpenAsync(stable: 50, candidate: 50);
        await stage.AskAsync(0);
        Assert.Equal(0, stage.Share);
        Assert.Null((await stage.ObserveAsync()).Drift);
    }

    [Fact]
    public async Task An_idle_service_is_watched_too()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.AskAsync(ServiceRoute.Idle(Keys.Of("shop.checkout"), 9, "v1"));
        stage.Put(80, 20, "argocd-controller");
        stage.Wait();
        Assert.Equal(DriftAnswer.Correct, (await stage.ObserveAsync()).Drift!.Answer);
        await stage.AskAsync(ServiceRoute.Idle(Keys.Of("shop.checkout"), 9, "v1"));
        Assert.Equal(0, stage.Share);
    }
}
