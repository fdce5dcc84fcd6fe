using System.Text.Json.Nodes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Routing;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Mesh;

public class MeshRouterTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Writes_the_asked_split_once_and_leaves_every_other_field()
    {
        await using var stage = await MeshStage.OpenAsync();
        var before = stage.Live;
        for (var round = 0; round < 5; round++)
        {
            await stage.AskAsync(1000, isNew: round == 0);
            stage.Wait(1);
        }

        Assert.Equal((1, 1000), (stage.Writes, stage.Share));
        var after = stage.Live;
        foreach (var live in new[] { before, after })
        {
            live.Remove("metadata");
            foreach (var route in live["spec"]!["http"]![0]!["route"]!.AsArray()) route!.AsObject().Remove("weight");
        }

        Assert.True(JsonNode.DeepEquals(before, after));
    }

    [Theory]
    [InlineData(2500, false)]
    [InlineData(2500, true)]
    [InlineData(10_000, false)]
    [InlineData(10_000, true)]
    public async Task Stable_is_not_raised_either_while_it_has_no_ready_endpoint(int share, bool isRestarted)
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(share);
        stage.Empty.Add("checkout-stable");
        if (isRestarted) stage.Restart();

        // A rollback, and what is asked for without a rollout.
        await stage.AskAsync(0);
        await stage.AskAsync(ServiceRoute.Idle(Keys.Of("shop.checkout"), 90, "v1"));
        Assert.Equal(share, stage.Share);
        var status = await stage.ObserveAsync();
        Assert.Contains(
            "Service shop/checkout-stable, which runs the stable version, has no ready endpoint, so the split stays", status.Warning,
            StringComparison.Ordinal);
        Assert.Contains("no ready endpoint", status.WaitsFor, StringComparison.Ordinal);

        stage.Empty.Clear();
        stage.Wait();
        await stage.AskAsync(ServiceRoute.Idle(Keys.Of("shop.checkout"), 91, "v1"));
        Assert.Equal(0, stage.Share);
    }

    [Fact]
    public async Task Neither_slot_is_raised_while_both_have_no_ready_endpoint()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(1000);
        stage.Empty.UnionWith(["checkout-stable", "checkout-canary"]);
        foreach (var asked in (int[])[2500, 0, 10_000, 500])
        {
            await stage.AskAsync(asked);
            Assert.Equal(1000, stage.Share);
        }
    }

    [Fact]
    public async Task The_candidate_is_not_raised_once_its_last_endpoint_is_gone_whatever_its_slot_was_before()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(1000);
        stage.Empty.Add("checkout-canary");
        await stage.AskAsync(2500);
        Assert.Equal(1000, stage.Share);
        await stage.AskAsync(0);
        Assert.Equal(0, stage.Share);
    }

    [Theory]
    [InlineData("checkout-canary", 2500)]
    [InlineData("checkout-stable", 0)]
    public async Task The_server_is_asked_before_a_slot_is_raised_for_a_watch_may_be_dead(string slot, int asked)
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(1000);
        stage.Unheard.Add(slot);
        await stage.AskAsync(asked);
        Assert.Equal(1000, stage.Share);
        Assert.Contains(slot, (await stage.ObserveAsync()).WaitsFor, StringComparison.Ordinal);

        stage.Unheard.Clear();
        await stage.AskAsync(asked, isNew: false);
        Assert.Equal(asked, stage.Share);
    }

    [Fact]
    public async Task A_rollback_waits_for_no_word_on_endpoints()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(1000);
        stage.IsSilent = true;
        await stage.AskAsync(0);
        Assert.Equal(0, stage.Share);
    }

    [Fact]
    public async Task Writes_nothing_where_the_object_says_it_already_and_reads_seldom()
    {
        await using var stage = await MeshStage.OpenAsync(stable: 9, candidate: 1);
        for (var round = 0; round < 10; round++)
        {
            await stage.AskAsync(1000);
            stage.Wait(1);
        }

        Assert.Equal(0, stage.Writes);
        Assert.InRange(stage.Kube.Calls.Count(c => c.Verb == "get" && c.Resource == "virtualservices"), 1, 5);
    }

    [Fact]
    public async Task A_change_of_a_foreign_annotation_is_no_reason_to_write()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(1000);
        var writes = stage.Writes;
        for (var round = 0; round < 5; round++)
        {
            stage.Kube.Patch(MeshStage.Route, KubePatchOf.Annotation("other", $"{round}"));
            stage.Wait();
            await stage.AskAsync(1000, isNew: false);
            Assert.Null((await stage.ObserveAsync()).Drift);
        }

        Assert.Equal(writes, stage.Writes);
    }

    /// <summary>Elsewhere any change of the route in the middle of a rollout sets the weights back to 100/0.</summary>
    [Fact]
    public async Task A_foreign_change_of_another_field_in_the_middle_of_a_rollout_moves_no_traffic()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(1000);
        var writes = stage.Writes;
        stage.Put(90, 10, "argocd-controller", extra: "- { name: new-rule-from-git, timeout: 3s, route: [{ destination: { host: other } "
            + "}] }");
        stage.Wait();
        await stage.AskAsync(1000, isNew: false);
        Assert.Null((await stage.ObserveAsync()).Drift);
        Assert.Equal((writes, 1000), (stage.Writes, stage.Share));
        await stage.AskAsync(2500);
        Assert.Equal(2500, stage.Share);
        Assert.Equal("3s", stage.Live["spec"]!["http"]![0]!["timeout"]!.GetValue<string>());
    }

    [Fact]
    public async Task An_abort_is_written_also_while_a_drift_asks_for_a_pause()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(1000);
        stage.Put(50, 50);
        stage.Wait();
        await stage.AskAsync(1000);
        Assert.Equal(5000, stage.Share);
        await stage.AskAsync(ServiceRoute.Idle(Keys.Of("shop.checkout"), 90, "v1"));
        Assert.Equal(0, stage.Share);
    }

    [Fact]
    public async Task Refuses_an_older_generation_and_a_service_that_is_not_on_the_cluster()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.AskAsync(1000);
        Assert.Equal(
            ApplyOutcome.Stale,
            await stage.AskAsync(new ServiceRoute(Keys.Of("shop.checkout"), 1, "v1", "v2", "r", Exposure.Of(Weights.OfCandidate(5000)))));
        Assert.Equal(1000, stage.Share);
        stage.Target = null;
        Assert.Equal(ApplyOutcome.Stale, await stage.AskAsync(2000));
        Assert.Null(await stage.Router.ObserveAsync(Keys.Of("shop.checkout"), Stop));
    }

    [Fact]
    public async Task A_rule_moved_between_read_and_write_is_found_again_and_no_other_rule_is_touched()
    {
        await using var stage = await MeshStage.OpenAsync();
        var isMoved = false;
        stage.Kube.Intercept = call =>
        {
            if (call is not { Verb: "patch", Resource: "virtualservices" } || isMoved) return null;
            isMoved = true;
            stage.Put(100, 0, extra: "- { name: admin, route: [{ destination: { host: admin }, weight: 7 }, { destination: { host: other "
                + "}, weight: 3 }] }");
            return null;
        };
        await stage.AskAsync(1000);
        Assert.Equal(2, stage.Writes);
        Assert.Equal(1000, stage.Share);
        Assert.Equal([7, 3], stage.Live["spec"]!["http"]![0]!["route"]!.AsArray().Select(r => r!["weight"]!.GetValue<int>()));
    }

    [Fact]
    public async Task An_object_that_changes_all_the_time_is_given_up_for_this_round()
    {
        await using var stage = await MeshStage.OpenAsync();
        var round = 0;
        stage.Kube.Intercept = call =>
        {
            if (call is { Verb: "patch", Resource: "virtualservices" })
                stage.Put(100, 0, extra: $"- {{ name: admin, timeout: {++round}s }}");
            return null;
        };
        Assert.Contains("between each of 3", (await stage.FailsAsync(MeshFault.Contended, 1000)).Message, StringComparison.Ordinal);
        Assert.Equal(0, stage.Share);
        stage.Kube.Intercept = null;
        stage.Wait();
        await stage.AskAsync(1000);
        Assert.Equal(1000, stage.Share);
    }

    [Fact]
    public async Task A_write_that_the_server_finds_invalid_is_not_repeated_as_if_it_were_a_race()
    {
        await using var stage = await MeshStage.OpenAsync();
        stage.Kube.Intercept = call => call is { Verb: "patch", Resource: "virtualservices" }
            ? new KubeFault.Refuse(422, "Invalid", "weights must be cheap")
            : null;
        Assert.Contains("weights must be cheap", (await stage.FailsAsync(MeshFault.Invalid, 1000)).Message, StringComparison.Ordinal);
        Assert.Equal(1, stage.Writes);
    }

    [Fact]
    public async Task A_missing_right_names_verb_and_object_and_the_split_stays()
    {
        await using var stage = await MeshStage.OpenAsync();
        stage.Kube.Intercept = call => call is { Verb: "patch", Resource: "virtualservices" } ? KubeFault.Forbid(call) : null;
        var fault = await stage.FailsAsync(MeshFault.Forbidden, 1000);
        Assert.Contains("Grant patch on virtualservices", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Grant patch", (await stage.ObserveAsync()).Warning, StringComparison.Ordinal);
        Assert.Equal(0, stage.Share);
    }

    [Fact]
    public async Task A_missing_CRD_a_missing_object_and_a_third_destination_are_told_apart()
    {
        await using var stage = await MeshStage.OpenAsync();
        stage.Target = MeshTools.Target("smi");
        Assert.Contains(
            "trafficsplits.split.smi-spec.io", (await stage.FailsAsync(MeshFault.KindMissing, 1000)).Message, StringComparison.Ordinal);
        stage.Target = MeshTools.Target("istio", "primary") with { Route = new("istio", "other", null) };
        Assert.Contains(
            "VirtualService shop/other does not exist", (await stage.FailsAsync(MeshFault.NotFound, 1000)).Message,
            StringComparison.Ordinal);
        stage.Target = MeshTools.Target("istio", "secondary");
        await stage.FailsAsync(MeshFault.RuleMissing, 1000);
        stage.Target = MeshTools.Target("nothing");
        Assert.Contains("known are istio", (await stage.FailsAsync(MeshFault.Unsupported, 1000)).Message, StringComparison.Ordinal);
        Assert.Equal(0, stage.Writes);
    }

    [Fact]
    public async Task A_version_that_no_slot_runs_leaves_the_split_and_its_arm_has_no_endpoint()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(1000);
        stage.Target = stage.Target! with { Slots = [stage.Target.Slots[0], stage.Target.Slots[1] with { Version = "v3" }] };
        Assert.Contains("runs v2", (await stage.FailsAsync(MeshFault.NoSlot, 2500)).Message, StringComparison.Ordinal);
        Assert.Equal(1000, stage.Share);
        Assert.Equal(0, (await stage.ObserveAsync()).Candidate.Endpoints);
        await stage.AskAsync(0);
        Assert.Equal(0, stage.Share);
    }

    [Fact]
    public async Task A_slot_that_is_not_ready_is_not_raised_and_may_always_be_lowered()
    {
        await using var stage = await MeshStage.OpenAsync();
        var ready = stage.Target!;
        var unready = ready with { Slots = [ready.Slots[0], ready.Slots[1] with { IsReady = false }] };
        stage.Target = unready;
        await stage.AskAsync(500);
        Assert.Equal(0, stage.Share);
        Assert.Contains("checkout-canary is not ready", (await stage.ObserveAsync()).Warning, StringComparison.Ordinal);
        stage.Wait(600);
        Assert.NotNull((await stage.ObserveAsync()).Pending);

        stage.Target = ready;
        await stage.ReachAsync(2500);
        stage.Target = unready;
        await stage.AskAsync(5000);
        Assert.Equal(2500, stage.Share);
        var status = await stage.ObserveAsync();
        Assert.Equal((1, 0), (status.Candidate.Endpoints, status.Candidate.Live));
        Assert.NotNull(status.Candidate.GoneFor);
        await stage.AskAsync(1000);
        Assert.Equal(1000, stage.Share);
        await stage.AskAsync(0);
        Assert.Equal(0, stage.Share);
    }

    [Fact]
    public async Task An_arm_has_the_endpoints_that_its_slot_has()
    {
        await using var stage = await MeshStage.OpenAsync();
        stage.Endpoints = 3;
        await stage.AskAsync(1000);
        var status = await stage.ObserveAsync();
        Assert.Equal((3, 3, 3), (status.Stable.Endpoints, status.Stable.Live, status.Candidate.Probed));
        stage.Target = stage.Target! with { Slots = [stage.Target.Slots[0], stage.Target.Slots[1] with { IsReady = false }] };
        status = await stage.ObserveAsync();
        Assert.Equal((3, 0), (status.Candidate.Endpoints, status.Candidate.Live));
    }

    [Fact]
    public async Task A_rollback_does_not_wait_for_a_stable_slot_that_is_not_ready()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(10_000);
        stage.Target = stage.Target! with { Slots = [stage.Target.Slots[0] with { IsReady = false }, stage.Target.Slots[1]] };
        await stage.AskAsync(0);
        Assert.Equal(0, stage.Share);
    }

    [Fact]
    public async Task A_good_candidate_stays_where_it_is_and_the_other_slot_is_the_next_ones()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(10_000);
        var writes = stage.Writes;
        await stage.AskAsync(ServiceRoute.Idle(Keys.Of("shop.checkout"), 50, "v2"));
        Assert.Equal((writes, 10_000), (stage.Writes, stage.Share));
        stage.Target = stage.Target! with { Slots = [stage.Target.Slots[0] with { Version = "v3" }, stage.Target.Slots[1]] };
        await stage.AskAsync(new ServiceRoute(Keys.Of("shop.checkout"), 51, "v2", "v3", "r2", Exposure.Of(Weights.OfCandidate(1000))));
        Assert.Equal(9000, stage.Share);
    }

    [Fact]
    public async Task An_answer_that_was_lost_is_read_and_not_written_twice()
    {
        await using var stage = await MeshStage.OpenAsync();
        stage.Kube.Intercept = call => call is { Verb: "patch", Resource: "virtualservices" } ? new KubeFault.LoseAnswer() : null;
        await stage.FailsAsync(MeshFault.Unreachable, 1000);
        stage.Kube.Intercept = null;
        stage.Wait();
        await stage.AskAsync(1000, isNew: false);
        Assert.Equal((1, 1000), (stage.Writes, stage.Share));
        Assert.Null((await stage.ObserveAsync()).Drift);
    }

    [Fact]
    public async Task An_API_server_that_is_gone_for_ten_minutes_loses_nothing()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(1000);
        stage.Kube.Intercept = _ => new KubeFault.Refuse(503, "ServiceUnavailable");
        for (var minute = 0; minute < 10; minute++)
        {
            stage.Wait(60);
            await stage.FailsAsync(MeshFault.Unreachable, 2500);
            Assert.NotNull((await stage.ObserveAsync()).Warning);
        }

        stage.Kube.Intercept = null;
        Assert.Equal(1000, stage.Share);
        stage.Wait();
        await stage.AskAsync(2500);
        Assert.Equal(2500, stage.Share);
        Assert.Null((await stage.ObserveAsync()).Drift);
    }

    [Fact]
    public async Task A_raise_waits_until_it_is_on_record_and_a_rollback_waits_for_nothing()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(1000);
        stage.Kube.Intercept = call => call is { Verb: "patch", Resource: "configmaps" } ? KubeFault.Forbid(call) : null;
        Assert.Contains("on record", (await stage.FailsAsync(MeshFault.Unreachable, 2500)).Message, StringComparison.Ordinal);
        Assert.Equal(1000, stage.Share);
        await stage.AskAsync(0);
        Assert.Equal(0, stage.Share);
        Assert.Contains("on record", (await stage.ObserveAsync()).Warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tells_the_route_whose_split_is_written_before_it_is_confirmed()
    {
        await using var stage = await MeshStage.OpenAsync();
        Assert.Null(stage.Router.Find("shop.checkout"));
        await stage.AskAsync(1000);
        Assert.Equal(1000, stage.Router.Find("shop.checkout")!.Exposure.General.Candidate);
        Assert.NotNull((await stage.ObserveAsync()).Pending);
    }
}
