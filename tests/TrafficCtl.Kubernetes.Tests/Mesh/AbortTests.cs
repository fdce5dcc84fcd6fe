using System.Text.Json.Nodes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Mesh;

/// <summary>An abort on a cluster: the route is written without a decision, and whoever leads later holds it and can record it.</summary>
public class AbortTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sends_everything_to_stable_and_says_who_asked()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(3300);

        var effect = await AbortAsync(stage);

        Assert.Equal(("v1", "v2", Abort(), null), (effect.Stable, effect.Candidate, effect.Held, effect.Warning));
        Assert.Equal(0, stage.Share);
        var status = await stage.ObserveAsync();
        Assert.Equal((Abort(), Weights.AllStable), (status.Abort, status.EffectiveExposure.General));
        Assert.Equal("v2 gets 0 % by an abort that is not recorded yet (ann, 2026-01-01 00:00:00Z: on fire)", status.Withheld);
    }

    [Fact]
    public async Task Holds_every_route_that_arrives_until_it_is_answered()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(3300);
        await AbortAsync(stage);

        await stage.AskAsync(3300, isNew: false);
        await stage.AskAsync(5000);
        Assert.Equal(0, stage.Share);
        await stage.AskAsync(0);
        await stage.Router.AnsweredAsync(Abort(), Stop);
        Assert.Null((await stage.ObserveAsync()).Abort);

        await stage.AskAsync(
            new ServiceRoute(Keys.Of("shop.checkout"), 90, "v1", "v2", "shop.checkout-default-2", Exposure.Of(Weights.OfCandidate(500))));
        Assert.Equal(500, stage.Share);
    }

    [Fact]
    public async Task Is_held_and_says_so_while_stable_has_no_ready_endpoint()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(3300);
        stage.Empty.Add("checkout-stable");
        var thrown = await Assert.ThrowsAsync<MeshException>(() => AbortAsync(stage));
        Assert.Equal(MeshFault.NoEndpoints, thrown.Fault);
        Assert.Equal((3300, Abort()), (stage.Share, (await stage.ObserveAsync()).Abort));

        stage.Empty.Clear();
        stage.Restart();
        await stage.AskAsync(3300, isNew: false);
        Assert.Equal(0, stage.Share);
    }

    [Fact]
    public async Task Is_held_and_known_by_the_next_process()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(3300);
        await AbortAsync(stage);

        stage.Restart();
        await stage.AskAsync(3300, isNew: false);
        Assert.Equal(0, stage.Share);
        Assert.Equal(Abort(), (await stage.ObserveAsync()).Abort);

        await stage.Router.AnsweredAsync(Abort(), Stop);
        stage.Restart();
        await stage.AskAsync(3300);
        Assert.Equal(3300, stage.Share);
        Assert.Null((await stage.ObserveAsync()).Abort);
    }

    [Fact]
    public async Task Needs_no_route_of_this_process()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(3300);
        stage.Restart();

        var recalled = (await stage.Router.RecallAsync(Keys.Of("shop.checkout"), Stop))!;
        Assert.Equal(
            ("v1", "v2", "shop.checkout-default-1", 3300),
            (recalled.Route.Stable, recalled.Route.Candidate, recalled.Route.RolloutId, recalled.EffectiveExposure.General.Candidate));
        Assert.Equal(("v1", "v2"), (await AbortAsync(stage)) is var effect ? (effect.Stable, effect.Candidate) : default);

        Assert.Equal(0, stage.Share);
        stage.Restart();
        recalled = (await stage.Router.RecallAsync(Keys.Of("shop.checkout"), Stop))!;
        Assert.Equal((Abort(), Weights.AllStable), (recalled.Abort, recalled.EffectiveExposure.General));
    }

    [Fact]
    public async Task Finds_stable_behind_the_other_slot_after_a_promotion()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.AskAsync(ServiceRoute.Idle(Keys.Of("shop.checkout"), 5, "v2"));
        Assert.Equal(10_000, stage.Share);
        await stage.AskAsync(
            new ServiceRoute(Keys.Of("shop.checkout"), 6, "v2", "v1", "shop.checkout-default-2", Exposure.Of(Weights.OfCandidate(1000))));
        Assert.Equal(9000, stage.Share);
        stage.Restart();

        await AbortAsync(stage);

        Assert.Equal(10_000, stage.Share);
    }

    [Fact]
    public async Task Knows_nothing_where_nothing_was_ever_written()
    {
        await using var stage = await MeshStage.OpenAsync(stable: 67, candidate: 33);
        Assert.Null(await stage.Router.AbortAsync(Abort(), Stop));
        Assert.Null(await stage.Router.RecallAsync(Keys.Of("shop.checkout"), Stop));
        Assert.Equal(3300, stage.Share);
    }

    [Fact]
    public async Task Is_written_also_where_it_cannot_be_put_on_record_and_says_so()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(3300);
        stage.Kube.Intercept = call => call is { IsWrite: true, Resource: "configmaps" } ? KubeFault.Forbid(call) : null;

        var effect = await AbortAsync(stage);

        Assert.Equal(0, stage.Share);
        Assert.EndsWith("the next leader would not know of the abort", effect.Warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_held_while_the_object_cannot_be_written_and_written_when_it_can()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(3300);
        stage.Kube.Intercept = call => call is { Verb: "patch", Resource: "virtualservices" } ? KubeFault.Forbid(call) : null;

        var fault = await Assert.ThrowsAsync<MeshException>(() => AbortAsync(stage));
        Assert.EndsWith("the abort is held, and written when that works", fault.Message, StringComparison.Ordinal);
        Assert.EndsWith("and gets 33 % until that can be written", (await stage.ObserveAsync()).Withheld, StringComparison.Ordinal);

        stage.Kube.Intercept = null;
        await stage.AskAsync(3300, isNew: false);
        Assert.Equal(0, stage.Share);
    }

    [Fact]
    public async Task Is_written_over_a_change_that_asked_for_a_pause()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(1000);
        stage.Put(50, 50);
        stage.Wait();
        await stage.AskAsync(1000, isNew: false);
        Assert.Equal(5000, stage.Share);

        await AbortAsync(stage);

        Assert.Equal(0, stage.Share);
    }

    [Fact]
    public async Task Outlives_its_process_also_where_the_object_says_0_already()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.AskAsync(1000);
        await stage.AskAsync(0);
        var writes = stage.Writes;
        await AbortAsync(stage);
        Assert.Equal(writes, stage.Writes);

        stage.Restart();
        await stage.AskAsync(1000);
        Assert.Equal(0, stage.Share);
    }

    [Fact]
    public async Task A_damaged_record_of_an_abort_is_still_an_abort()
    {
        await using var stage = await MeshStage.OpenAsync();
        await stage.ReachAsync(3300);
        await AbortAsync(stage);
        var ledger = stage.Kube.All(KubeKind.ConfigMap).Single(m => m["data"]?["shop.checkout"] is not null);
        var text = JsonNode.Parse(ledger["data"]!["shop.checkout"]!.GetValue<string>())!;
        text["abort"] = "torn";
        stage.Kube.Patch(
            new KubeName(KubeKind.ConfigMap, "trafficctl", ledger["metadata"]!["name"]!.GetValue<string>()),
            KubePatch.Merge(new JsonObject { ["data"] = new JsonObject { ["shop.checkout"] = text.ToJsonString() } }));

        stage.Restart();
        await stage.AskAsync(3300, isNew: false);

        Assert.Equal(0, stage.Share);
        Assert.Equal("unknown", (await stage.ObserveAsync()).Abort!.Who);
    }

    private static async Task<AbortEffect> AbortAsync(MeshStage stage) => (await stage.Router.AbortAsync(Abort(), Stop))!;

    private static Wish Abort() => new(
        0, Keys.Of("shop.checkout"), WishKind.Abort, null, "ann", "on fire", "127.0.0.1",
        new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
}
