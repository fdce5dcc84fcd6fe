using System.Net;
using System.Text.Json.Nodes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Kubernetes.Storage;
using TrafficCtl.TestKit;
using TrafficCtl.TestKit.Contracts;
using Xunit;
using static TrafficCtl.TestKit.Contracts.Examples;

namespace TrafficCtl.Kubernetes.Tests.Storage;

/// <summary>What the API server, other writers and people do to a store in custom resources, and what it must say.</summary>
public sealed class KubeStoreFaultTests
{
    private static readonly KubeName Delivery = new(KubeKind.Delivery, "trafficctl", "shop");
    private static readonly KubeName Rollout = new(KubeKind.Rollout, "trafficctl", "shop-prod-1");

    private readonly MemoryKube kube = new();
    private readonly TestLeader leader = new();
    private readonly ManualClock clock = new(At);
    private readonly KubeStore store;

    public KubeStoreFaultTests() => store = Open();

    [Fact]
    public async Task A_few_writers_that_are_first_only_make_it_look_again()
    {
        await BeginAsync();
        var left = 5;
        kube.Before = call =>
        {
            if (call == $"replace {Delivery}" && left-- > 0)
                kube.Edit(Delivery, d => d["status"]!["handled"] = new JsonObject { ["Service/pause"] = $"nonce {left}" });
            return null;
        };
        await store.CommitAsync([Start(0, 1)], default);
        Same(Start(0, 1).Record, await Open().LoadAsync(Examples.Shop, default));
        Assert.Equal("nonce 0", kube.Find(Delivery)!["status"]!["handled"]!["Service/pause"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_storm_of_conflicts_ends_in_words_for_that_service_alone_and_saves_nothing()
    {
        await BeginAsync();
        kube.Before = call =>
        {
            if (call == $"replace {Delivery}") kube.Edit(Delivery, d => d["status"]!["handled"] = new JsonObject());
            return null;
        };
        var fault = await FailsAsync(() => store.CommitAsync([Start(0, 1)], default).AsTask());
        Assert.Equal(Examples.Shop, fault.Only);
        Assert.Contains("somebody else changes it so often", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Delivery trafficctl/shop", fault.Message, StringComparison.Ordinal);
        kube.Before = _ => null;
        Same(Birth().Record, await store.LoadAsync(Examples.Shop, default));
        await store.CommitAsync([Start(0, 1)], default);
    }

    [Fact]
    public async Task A_newer_decision_of_another_process_is_found_and_the_own_dropped()
    {
        await BeginAsync();
        await Open().CommitAsync([Start(0, 1)], default);
        var stale = await Assert.ThrowsAsync<StaleGenerationException>(() => store.CommitAsync([Start(0, 1)], default).AsTask());
        Assert.Contains("generation 1", stale.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(429, "asks to wait")]
    [InlineData(401, "credentials")]
    [InlineData(503, "fails")]
    [InlineData(null, "does not answer")]
    public async Task An_api_that_cannot_be_used_is_told_for_all_and_passes(int? code, string words)
    {
        await BeginAsync();
        kube.Before = call => new KubeException($"{call}: trouble", (HttpStatusCode?)code, "", TimeSpan.FromSeconds(1));
        foreach (var use in (Func<Task>[])
        [
            () => store.CommitAsync([Start(0, 1)], default).AsTask(),
            () => store.LoadAsync(Examples.Shop, default).AsTask(),
            () => store.RecordWishAsync(Wish(), default).AsTask(),
            () => store.PendingWishesAsync(Examples.Shop, default).AsTask(),
            () => Open().FactsAsync(new FactQuery(Examples.Shop), default).AsTask(),
        ])
        {
            var fault = await FailsAsync(use);
            Assert.Null(fault.Only);
            Assert.Contains(words, fault.Message, StringComparison.Ordinal);
        }

        clock.Advance(TimeSpan.FromMinutes(10));
        kube.Before = _ => null;
        Assert.Empty(await store.PendingWishesAsync(Examples.Shop, default));
        await store.CommitAsync([Start(0, 1)], default);
    }

    [Theory]
    [InlineData(403, "does not allow it")]
    [InlineData(422, "refuses it as invalid")]
    [InlineData(413, "larger than")]
    public async Task What_one_service_may_not_do_does_not_stop_the_others(int code, string words)
    {
        await BeginAsync();
        kube.Before = call => call.Contains("shop", StringComparison.Ordinal)
            ? new KubeException($"{call}: no", (HttpStatusCode)code)
            : null;
        var fault = await FailsAsync(() => store.CommitAsync([Start(0, 1)], default).AsTask());
        Assert.Equal(Examples.Shop, fault.Only);
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
        await store.CommitAsync([Birth(new("cart", "prod"))], default);
    }

    [Fact]
    public async Task A_decision_whose_answer_was_lost_is_found_saved()
    {
        await BeginAsync();
        kube.After = call => call == $"replace {Delivery}" ? new KubeException("the connection was cut", null) : null;
        await FailsAsync(() => store.CommitAsync([Start(0, 1)], default).AsTask());
        kube.After = _ => null;
        Same(Start(0, 1).Record, await store.LoadAsync(Examples.Shop, default));
        await Assert.ThrowsAsync<StaleGenerationException>(() => store.CommitAsync([Start(0, 1)], default).AsTask());
        await store.PruneAsync(new WindowRetention(At, 0), default);
        Assert.Equal(2, (await store.FactsAsync(new FactQuery(Examples.Shop), default)).Length);
        Assert.Equal("1", kube.Find(Rollout)!["status"]!["generation"]!.ToJsonString());
    }

    [Fact]
    public async Task A_birth_whose_answers_are_lost_happens_once()
    {
        foreach (var call in (string[])[$"create {Delivery}", $"replace {Delivery}"])
        {
            kube.After = c => c == call ? new KubeException("the connection was cut", null) : null;
            await FailsAsync(() => store.CommitAsync([Birth()], default).AsTask());
        }

        kube.After = _ => null;
        Same(Birth().Record, await store.LoadAsync(Examples.Shop, default));
        Assert.Single(await store.FactsAsync(new FactQuery(Examples.Shop), default));
    }

    [Fact]
    public async Task A_leader_of_an_older_term_is_refused_also_when_nothing_else_changed()
    {
        leader.Current = new LeaderTerm(TestLeader.LeaseMadeAt, 5);
        await store.CommitAsync([Birth()], default);
        leader.Current = new LeaderTerm(TestLeader.LeaseMadeAt, 4);
        var fault = await FailsAsync(() => store.CommitAsync([Start(0, 1)], default).AsTask());
        Assert.Null(fault.Only);
        Assert.Contains("under term 5", fault.Message, StringComparison.Ordinal);
        Same(Birth().Record, await store.LoadAsync(Examples.Shop, default));

        leader.Current = null;
        Assert.Contains(
            "does not lead", (await FailsAsync(() => store.CommitAsync([Start(0, 1)], default).AsTask())).Message,
            StringComparison.Ordinal);
        await FailsAsync(() => store.CheckpointAsync([new Checkpoint(Examples.Shop, "x", default)], default).AsTask());
        await store.RecordWishAsync(Wish(), default);
    }

    [Fact]
    public async Task A_lease_that_was_deleted_and_made_anew_does_not_lock_everybody_out()
    {
        leader.Current = new LeaderTerm(TestLeader.LeaseMadeAt, 50);
        await store.CommitAsync([Birth()], default);
        leader.Current = new LeaderTerm(TestLeader.LeaseMadeAt.AddDays(1), 0);
        await store.CommitAsync([Start(0, 1)], default);
        leader.Current = new LeaderTerm(TestLeader.LeaseMadeAt, 51);
        await FailsAsync(() => store.CommitAsync([Start(1, 2)], default).AsTask());
    }

    [Fact]
    public async Task A_delivery_of_ours_that_is_deleted_under_us_is_made_again_with_all_that_it_said()
    {
        await BeginAsync();
        await store.CommitAsync([Start(0, 1, evidence: [1, 2])], default);
        var wish = await store.RecordWishAsync(Wish(), default);
        kube.Remove(Delivery);
        Same(Start(0, 1, evidence: [1, 2]).Record, await store.LoadAsync(Examples.Shop, default));
        Assert.Equal([wish], (await store.PendingWishesAsync(Examples.Shop, default)).AsEnumerable());
        await store.CommitAsync([Start(1, 2)], default);
        Same(Start(1, 2).Record, await Open().LoadAsync(Examples.Shop, default));
        Assert.Equal(3, (await Open().FactsAsync(new FactQuery(Examples.Shop), default)).Length);
    }

    [Fact]
    public async Task A_delivery_of_a_user_that_is_deleted_is_not_made_again_and_goes_on_when_it_is_applied_again()
    {
        var applied = DeliveryJson.New(Delivery);
        applied["metadata"]!["labels"] = new JsonObject { ["team"] = "shop" };
        applied["spec"]!["route"] = "istio/shop";
        await kube.CreateAsync(KubeKind.Delivery, "trafficctl", applied, default);
        await BeginAsync();
        await store.CommitAsync([Start(0, 1)], default);
        Assert.Equal("istio/shop", kube.Find(Delivery)!["spec"]!["route"]!.GetValue<string>());
        kube.Remove(Delivery);
        var fault = await FailsAsync(() => store.CommitAsync([Start(1, 2)], default).AsTask());
        Assert.Equal(Examples.Shop, fault.Only);
        Assert.Contains("Apply it again", fault.Message, StringComparison.Ordinal);
        Assert.Null(kube.Find(Delivery));

        await kube.CreateAsync(KubeKind.Delivery, "trafficctl", applied, default);
        Same(Start(0, 1).Record, await store.LoadAsync(Examples.Shop, default));
        await store.CommitAsync([Start(1, 2)], default);
        Same(Start(1, 2).Record, await Open().LoadAsync(Examples.Shop, default));
    }

    [Fact]
    public async Task Another_process_remembers_nothing_of_what_was_deleted()
    {
        await BeginAsync();
        kube.Remove(Delivery);
        Assert.Null(await Open().LoadAsync(Examples.Shop, default));
        Same(Birth().Record, await store.LoadAsync(Examples.Shop, default));
        leader.Current = new LeaderTerm(TestLeader.LeaseMadeAt, 2);
        Assert.Null(await store.LoadAsync(Examples.Shop, default));
    }

    [Fact]
    public async Task A_rollout_object_that_was_deleted_is_made_again_with_its_facts()
    {
        await BeginAsync();
        await store.CommitAsync([Start(0, 1, evidence: [1])], default);
        kube.Remove(Rollout);
        await store.CheckpointAsync([new Checkpoint(Examples.Shop, "shop-prod-1", new byte[] { 2 })], default);
        Same(Start(0, 1, evidence: [2]).Record, await Open().LoadAsync(Examples.Shop, default));
        Assert.Single(await Open().FactsAsync(new FactQuery(Examples.Shop, "shop-prod-1"), default));
    }

    [Fact]
    public async Task A_decision_is_saved_although_its_rollout_object_cannot_be_written_and_that_follows()
    {
        await BeginAsync();
        kube.Before = call => call.Contains("Rollout", StringComparison.Ordinal) && !call.StartsWith("get", StringComparison.Ordinal)
            ? new KubeException("no quota", HttpStatusCode.Forbidden)
            : null;
        await store.CommitAsync([Start(0, 1, evidence: [1])], default);
        await store.CommitAsync([End(State(1, 2, new Phase.Good()), 1)], default);
        Assert.Empty(kube.Names(KubeKind.Rollout));
        Assert.Equal(2, (await store.FactsAsync(new FactQuery(Examples.Shop, "shop-prod-1"), default)).Length);

        kube.Before = _ => null;
        await store.PruneAsync(new WindowRetention(At, 0), default);
        var told = kube.Find(Rollout)!["status"]!;
        Assert.Equal("Good", told["phase"]!.GetValue<string>());
        Assert.Equal(2, told["facts"]!.AsArray().Count);
    }

    [Fact]
    public async Task What_a_process_left_untold_when_it_died_is_told_by_the_next_one()
    {
        await BeginAsync();
        await store.CommitAsync([Start(0, 1)], default);
        kube.Before = call => call.Contains("Rollout", StringComparison.Ordinal) ? new KubeException("died", null) : null;
        await store.CommitAsync([Active(State(1, 2, new Phase.Baking(At)), 1)], default);
        kube.Before = _ => null;
        var next = Open();
        Assert.Equal(2, (await next.LoadAsync(Examples.Shop, default))!.Generation);
        await next.PruneAsync(new WindowRetention(At, 0), default);
        Assert.Equal("Baking", kube.Find(Rollout)!["status"]!["phase"]!.GetValue<string>());
        await next.CommitAsync([End(State(1, 3, new Phase.Good()), 2)], default);
        await next.CommitAsync([Active(State(2, 4, new Phase.Waiting("probe")), 3)], default);
        Assert.DoesNotContain(
            kube.Find(Delivery)!["status"]!["facts"]!.AsArray(),
            f => f!["rollout"]?.GetValue<string>() == "shop-prod-1" && f["what"]!.GetValue<string>() == "good");
        Assert.Equal(3, (await next.FactsAsync(new FactQuery(Examples.Shop, "shop-prod-1"), default)).Count(
            f => f.RolloutId == "shop-prod-1" && f.Kind == "decided"));
    }

    [Fact]
    public async Task A_wish_that_a_standby_records_between_two_decisions_is_kept()
    {
        await BeginAsync();
        await store.CommitAsync([Start(0, 1)], default);
        var wish = await Open(new TestLeader { Current = null }).RecordWishAsync(Wish(), default);
        await store.CommitAsync([Start(1, 2)], default);
        Assert.Equal([wish], (await store.PendingWishesAsync(Examples.Shop, default)).AsEnumerable());
        await store.CommitAsync([Start(2, 3) with { Wishes = [new WishOutcome(wish, true, "paused")] }], default);
        Assert.Empty(await store.PendingWishesAsync(Examples.Shop, default));
    }

    [Fact]
    public async Task A_wish_of_another_process_is_seen_also_long_after_the_last_load()
    {
        await BeginAsync();
        await store.LoadAsync(Examples.Shop, default);
        var wish = await Open(new TestLeader { Current = null }).RecordWishAsync(Wish(), default);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([wish], (await store.PendingWishesAsync(Examples.Shop, default)).AsEnumerable());
    }

    [Fact]
    public async Task A_record_of_another_environment_and_a_damaged_one_are_never_overwritten()
    {
        await BeginAsync();
        var other = new Core.Targets.TargetKey("shop", "test");
        Assert.Null(await store.LoadAsync(other, default));
        var fault = await FailsAsync(() => store.CommitAsync([Birth(other)], default).AsTask());
        Assert.Equal(other, fault.Only);
        Assert.Contains("environment prod", fault.Message, StringComparison.Ordinal);

        kube.Edit(Delivery, d => d["status"]!["record"]!["tried"] = "{");
        fault = await FailsAsync(() => Open().LoadAsync(Examples.Shop, default).AsTask());
        Assert.Contains("cannot be read", fault.Message, StringComparison.Ordinal);
        Assert.Equal(Examples.Shop, fault.Only);
        await FailsAsync(() => Open().CommitAsync([Birth()], default).AsTask());
    }

    [Fact]
    public async Task A_cluster_without_the_definitions_is_told_what_to_apply()
    {
        kube.HasCrds = false;
        foreach (var use in (Func<Task>[])[
            () => store.LoadAsync(Examples.Shop, default).AsTask(), () => store.CommitAsync([Birth()], default).AsTask()
        ])
        {
            var fault = await FailsAsync(use);
            Assert.Null(fault.Only);
            Assert.Contains("kubectl apply -f deploy/crds", fault.Message, StringComparison.Ordinal);
        }

        kube.HasCrds = true;
        await store.CommitAsync([Birth()], default);
    }

    [Fact]
    public async Task Definitions_that_go_away_later_are_told_too()
    {
        await BeginAsync();
        kube.HasCrds = false;
        kube.Remove(Delivery);
        var fault = await FailsAsync(() => store.CommitAsync([Start(0, 1)], default).AsTask());
        Assert.Null(fault.Only);
        Assert.Contains("deploy/crds", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_object_of_somebody_else_under_a_rollouts_name_is_left_alone()
    {
        var foreign = new JsonObject
        {
            ["apiVersion"] = "trafficctl.io/v1alpha1",
            ["kind"] = "Rollout",
            ["metadata"] = new JsonObject { ["name"] = "shop-prod-1" },
            ["spec"] = new JsonObject { ["id"] = "mine" },
        };
        await kube.CreateAsync(KubeKind.Rollout, "trafficctl", foreign, default);
        await BeginAsync();
        await store.CommitAsync([Start(0, 1)], default);
        Assert.Equal("mine", kube.Find(Rollout)!["spec"]!["id"]!.GetValue<string>());
        Assert.Null(kube.Find(Rollout)!["status"]);
        Same(Start(0, 1).Record, await Open().LoadAsync(Examples.Shop, default));
    }

    private KubeStore Open(TestLeader? other = null) => KubeStoreTests.Open(kube, other ?? leader, clock);

    private ValueTask BeginAsync() => store.CommitAsync([Birth()], default);

    private static Task<StoreUnavailableException> FailsAsync(Func<Task> use) => Assert.ThrowsAsync<StoreUnavailableException>(use);
}
