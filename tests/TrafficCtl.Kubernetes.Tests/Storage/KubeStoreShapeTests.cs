using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Control.Persistence;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Storage;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.TestKit.Contracts.Examples;

namespace TrafficCtl.Kubernetes.Tests.Storage;

/// <summary>What the objects look like to those who read them, and how large they may become.</summary>
public sealed class KubeStoreShapeTests
{
    private static readonly TargetKey Key = new("shop.checkout", "default");
    private static readonly KubeName Delivery = new(KubeKind.Delivery, "shop", "checkout");
    private static readonly KubeName Rollout = new(KubeKind.Rollout, "shop", "checkout-default-1");

    private readonly MemoryKube kube = new();
    private readonly ManualClock clock = new(At);
    private readonly KubeStore store;

    public KubeStoreShapeTests() => store = KubeStoreTests.Open(kube, clock: clock);

    [Fact]
    public async Task A_service_is_kept_in_its_namespace_under_its_name_and_a_rollout_belongs_to_it()
    {
        await store.CommitAsync([Birth(Key)], default);
        await store.CommitAsync([Start(0, 1, Key)], default);
        var delivery = kube.Find(Delivery)!;
        Assert.Equal("trafficctl", delivery["metadata"]!["labels"]!["app.kubernetes.io/managed-by"]!.GetValue<string>());
        Assert.Equal("checkout", delivery["spec"]!["service"]!.GetValue<string>());
        var rollout = kube.Find(Rollout)!;
        Assert.Equal(
            delivery["metadata"]!["uid"]!.GetValue<string>(), rollout["metadata"]!["ownerReferences"]![0]!["uid"]!.GetValue<string>());
        Assert.Equal("checkout", rollout["metadata"]!["labels"]!["trafficctl.io/service"]!.GetValue<string>());
        Assert.Equal("shop.checkout-default-1", rollout["spec"]!["id"]!.GetValue<string>());
        Assert.Equal("5 % of beta for 5s", rollout["spec"]!["plan"]!["steps"]![0]!.GetValue<string>());
    }

    [Fact]
    public async Task Columns_and_conditions_tell_where_it_stands()
    {
        await store.CommitAsync([Birth(Key)], default);
        Shows(Delivery, "Idle", null, ready: true, reconciling: false, stalled: false);
        await store.CommitAsync([Start(0, 1, Key) with { Facts = [Judged(Verdict.Unsure)] }], default);
        Shows(Delivery, "Observing", "0 %, beta 5 %", ready: false, reconciling: true, stalled: false);
        Shows(Rollout, "Observing", "0 %, beta 5 %", ready: false, reconciling: true, stalled: false);
        var told = kube.Find(Rollout)!["status"]!;
        Assert.Equal(
            ("1/1", "unsure", "because 5 % > 0.1 %"),
            (told["step"]!.GetValue<string>(), told["verdict"]!.GetValue<string>(), told["message"]!.GetValue<string>()));
        var since = Condition(Rollout, "Reconciling")["lastTransitionTime"]!.GetValue<string>();

        clock.Advance(TimeSpan.FromMinutes(1));
        await store.CommitAsync([Active(State(1, 2, new Phase.Shifting(0), Key), 1, key: Key)], default);
        Assert.Equal(since, Condition(Rollout, "Reconciling")["lastTransitionTime"]!.GetValue<string>());
        await store.CommitAsync(
            [Active(State(1, 3, new Phase.Paused(new Phase.Observing(0, At, At), PauseCause.Person, "lunch", At), Key), 2, key: Key)],
            default);
        Shows(Delivery, "Paused", "0 %, beta 5 %", ready: false, reconciling: false, stalled: true);
        Assert.NotEqual(since, Condition(Rollout, "Reconciling")["lastTransitionTime"]!.GetValue<string>());
        await store.CommitAsync([Ended(new Phase.RolledBack(RollbackCause.Verdict, "worse"), 4)], default);
        Shows(Rollout, "RolledBack", "0 %", ready: false, reconciling: false, stalled: true);
        Shows(Delivery, "RolledBack", "0 %", ready: false, reconciling: false, stalled: true);
        Assert.Equal("1/1", kube.Find(Rollout)!["status"]!["step"]!.GetValue<string>());
        Assert.Null(kube.Find(Rollout)!["status"]!["evidence"]);
    }

    [Fact]
    public async Task A_service_says_the_newest_word_on_its_rollout_also_when_only_a_wish_is_written()
    {
        await store.CommitAsync([Birth(Key) with { Facts = [Fact("born", "birth", Key, text: "it is new here")] }], default);
        Assert.Equal("it is new here", kube.Find(Delivery)!["status"]!["message"]!.GetValue<string>());
        await store.CommitAsync([Start(0, 1, Key) with { Facts = [Judged(Verdict.Pass)] }], default);
        await store.RecordWishAsync(Wish() with { Key = Key }, default);
        Assert.Equal("because 5 % > 0.1 %", kube.Find(Delivery)!["status"]!["message"]!.GetValue<string>());
        await store.CommitAsync([Active(State(1, 2, new Phase.Shifting(0), Key), 1, key: Key) with { Facts = [] }], default);
        Assert.Equal("because 5 % > 0.1 %", kube.Find(Delivery)!["status"]!["message"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_verdict_is_of_the_rollout_that_is_shown_and_a_promoted_one_keeps_what_was_shown_of_it()
    {
        await store.CommitAsync([Birth(Key)], default);
        await store.CommitAsync([Start(0, 1, Key) with { Facts = [Judged(Verdict.Pass)] }], default);
        await store.CommitAsync([Ended(new Phase.Good(), 2) with { Facts = [Judged(Verdict.Unsure)] }], default);
        Assert.Equal(("pass", "pass"), (VerdictOf(Delivery), VerdictOf(Rollout)));
        await store.CommitAsync([Active(State(2, 3, new Phase.Waiting("a probe"), Key), 2, key: Key)], default);
        Assert.Null(VerdictOf(Delivery));

        string? VerdictOf(KubeName of) => kube.Find(of)!["status"]!["verdict"]?.GetValue<string>();
    }

    [Fact]
    public async Task What_others_write_into_a_status_stays()
    {
        await store.CommitAsync([Birth(Key)], default);
        kube.Edit(Delivery, d => d["status"]!["conditions"]!.AsArray().Add(new JsonObject { ["type"] = "Accepted", ["status"] = "True" }));
        await store.CommitAsync([Start(0, 1, Key)], default);
        kube.Edit(Rollout, r => r["status"]!["handled"] = new JsonObject { ["nonce"] = "7" });
        await store.CommitAsync([Active(State(1, 2, new Phase.Baking(At), Key), 1, key: Key)], default);
        Assert.Equal("True", Condition(Delivery, "Accepted")["status"]!.GetValue<string>());
        Assert.Equal("7", kube.Find(Rollout)!["status"]!["handled"]!["nonce"]!.GetValue<string>());
    }

    [Fact]
    public async Task Nothing_is_written_to_a_rollout_that_already_says_it()
    {
        await store.CommitAsync([Birth(Key)], default);
        await store.CommitAsync([Start(0, 1, Key, [1])], default);
        await store.CheckpointAsync([new Checkpoint(Key, "shop.checkout-default-1", new byte[] { 1 })], default);
        kube.Calls.Clear();
        await store.CheckpointAsync([new Checkpoint(Key, "shop.checkout-default-1", new byte[] { 1 })], default);
        Assert.Empty(kube.Calls);
    }

    [Fact]
    public async Task Whatever_a_service_does_its_objects_stay_far_below_what_etcd_takes()
    {
        var noise = new Random(1);
        string Text(int length) => string.Concat(Enumerable.Range(0, length).Select(_ => (char)('a' + noise.Next(26))));
        var tried = Enumerable.Range(0, 2000)
            .Select(i => new TriedVersion($"v{i}-{Text(120)}", "0123456789abcdef", Trial.Failed))
            .ToImmutableArray();
        await store.CommitAsync([Birth(Key)], default);
        for (var i = 0; i < 60; i++)
            await store.RecordWishAsync(Wish() with { Key = Key, Who = Text(10_000), Reason = Text(10_000), From = Text(10_000) }, default);
        var evidence = new byte[400_000];
        noise.NextBytes(evidence);
        for (var generation = 1; generation <= 40; generation++)
        {
            var facts = Enumerable.Range(0, 20).Select(i => Judged(Verdict.Pass, Text(60_000), findings: 40)).ToImmutableArray();
            var start = Start(generation - 1, generation, Key, evidence);
            await store.CommitAsync([start with { Facts = facts, Record = start.Record with { Tried = tried } }], default);
        }

        Assert.InRange(kube.Find(Delivery)!.ToJsonString().Length, 300_000, 1_000_000);
        Assert.InRange(kube.Find(Rollout)!.ToJsonString().Length, 300_000, 1_000_000);
        var read = (await KubeStoreTests.Open(kube).LoadAsync(Key, default))!;
        Assert.Equal(tried[^1], read.Tried[^1]);
        Assert.True(read.Evidence.IsEmpty);
    }

    [Fact]
    public async Task Of_more_facts_than_fit_the_first_and_the_newest_are_kept()
    {
        await store.CommitAsync([Birth(Key)], default);
        for (var generation = 1; generation <= 300; generation++)
            await store.CommitAsync(
                [Start(generation - 1, generation, Key) with
                {
                    Facts = [Fact("decided", "hold", Key, "shop.checkout-default-1", $"fact {generation}")],
                }],
                default);
        var facts = await store.FactsAsync(new FactQuery(Key, "shop.checkout-default-1", 1000), default);
        Assert.Equal(RolloutObject.MostFacts, facts.Length);
        Assert.Equal(("fact 300", "fact 299", "fact 101", "fact 1"), (facts[0].Text, facts[1].Text, facts[^2].Text, facts[^1].Text));
        Assert.Equal(facts.Select(f => f.Seq).OrderDescending(), facts.Select(f => f.Seq));
        // The Delivery holds the newest decision's only: the others were copied.
        Assert.Equal(2, kube.Find(Delivery)!["status"]!["facts"]!.AsArray().Count);
    }

    [Fact]
    public void A_fact_that_is_too_long_loses_findings_first_and_says_so()
    {
        var fact = FactJson.Bound(Judged(Verdict.Fail, new string('x', 5000), findings: 300));
        Assert.Equal(FactJson.MostText, fact.Text.Length);
        var data = RolloutJson.ReadFact(fact.Data);
        Assert.Equal(Verdict.Fail, data.Judgement!.Verdict);
        Assert.Contains("more than a status may hold", data.More!["findingsLeftOut"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rollouts_older_than_the_history_are_deleted_and_the_newest_ten_stay()
    {
        await store.CommitAsync([Birth(Key)], default);
        var generation = 0L;
        for (var number = 1; number <= 14; number++)
        {
            await store.CommitAsync(
                [Active(State(number, generation + 1, new Phase.Waiting("probe"), Key), generation, key: Key)], default);
            await store.CommitAsync([Ended(new Phase.Good(), generation + 2, number)], default);
            generation += 2;
            await store.PruneAsync(new WindowRetention(At, 0), default);
        }

        Assert.Equal(
            Enumerable.Range(5, 10).Select(n => $"checkout-default-{n}").Order(StringComparer.Ordinal),
            kube.Names(KubeKind.Rollout).Select(n => n.Name));
        Assert.Contains(await store.FactsAsync(new FactQuery(Key, "shop.checkout-default-5"), default), f => f.What == "good");
        Assert.Empty(await store.FactsAsync(new FactQuery(Key, "shop.checkout-default-4"), default));
    }

    [Fact]
    public async Task The_first_look_at_a_thousand_services_is_one_list_and_a_read_for_each_active_rollout()
    {
        var keys = Enumerable.Range(0, 1000).Select(i => new TargetKey($"shop.s{i}", "default")).ToArray();
        foreach (var key in keys) await store.CommitAsync([Birth(key)], default);
        foreach (var key in keys[..10]) await store.CommitAsync([Start(0, 1, key, [9])], default);
        kube.Calls.Clear();
        var next = KubeStoreTests.Open(kube);
        foreach (var key in keys)
        {
            var record = await next.LoadAsync(key, default);
            Assert.NotNull(record);
            Assert.Equal(record.Active is null ? 0 : 1, record.Evidence.Length);
            Assert.Empty(await next.PendingWishesAsync(key, default));
        }

        Assert.Equal(11, kube.Calls.Count);
        kube.Calls.Clear();
        await next.LoadAsync(keys[0], default);
        Assert.Equal([$"get {ObjectNames.Delivery(keys[0], "trafficctl")}"], kube.Calls);
    }

    [Theory]
    [InlineData("shop.checkout", "prod", "shop", "checkout", "checkout-prod-3")]
    [InlineData("checkout", "prod", "home", "checkout", "checkout-prod-3")]
    [InlineData("shop.checkout", "eu-west", "shop", "checkout", "checkout-eu-west-3-c0f8b1b3")]
    public void Objects_are_named_after_what_they_are_of(string service, string environment, string space, string delivery, string rollout)
    {
        var key = new TargetKey(service, environment);
        Assert.Equal(new KubeName(KubeKind.Delivery, space, delivery), ObjectNames.Delivery(key, "home"));
        var name = ObjectNames.Rollout(key, "home", 3);
        Assert.Equal(rollout.Length, name.Name.Length);
        Assert.StartsWith(rollout[..Math.Min(rollout.Length, 18)], name.Name, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_that_are_no_dns_labels_become_ones_and_stay_apart()
    {
        string[] odd = [
            "Shop.Check_out", "shop.check-out", "shop.Check.out", "shop.", new string('x', 300), "shop." + new string('y', 300), "ä", "-",
            "a-"
        ];
        var names = odd.Select(s => ObjectNames.Delivery(new TargetKey(s, "prod"), "home")).ToArray();
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.All(names, n => Assert.Matches("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", n.Name));
        Assert.All(names, n => Assert.Matches("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", n.Namespace!));
        Assert.NotEqual(ObjectNames.Rollout(new("a", "b-c"), "home", 1), ObjectNames.Rollout(new("a-b", "c"), "home", 1));
    }

    [Fact]
    public void Ids_of_wishes_rise_with_time_and_fit_a_json_number()
    {
        Assert.True(WishIds.Next(At) < WishIds.Next(At.AddMilliseconds(1)));
        Assert.True(WishIds.Next(new DateTimeOffset(2040, 1, 1, 0, 0, 0, TimeSpan.Zero)) < 1L << 53);
    }

    private static Commit Ended(
        Phase phase, long generation, int number = 1) => End(State(number, generation, phase, Key), generation - 1) with
        {
            Record = new ServiceRecord(Key, "v1", number, generation, [new TriedVersion("v2", "ab")], null, default),
            Facts = [Fact("decided", "good", Key, RolloutState.IdOf(Key, number))],
        };

    private static Fact Judged(Verdict verdict, string text = "because 5 % > 0.1 %", int findings = 0) => new(
        0, At, Key, "shop.checkout-default-1", "decided", "hold", text,
        RolloutJson.Write(new FactData
        {
            Generation = 1,
            Phase = new Phase.Good(),
            Judgement = new Judgement(
                verdict, 1, 20, null,
                [.. Enumerable.Range(0, findings).Select(
                    i => new Finding($"metric {i}", verdict, 1, double.NaN, 2, 3, 4, default, default, new string('t', 300)))],
                "r", null),
        }));

    private JsonObject Condition(KubeName of, string type) =>
        kube.Find(of)!["status"]!["conditions"]!.AsArray().Single(c => c!["type"]!.GetValue<string>() == type)!.AsObject();

    private void Shows(KubeName of, string phase, string? weight, bool ready, bool reconciling, bool stalled)
    {
        var status = kube.Find(of)!["status"]!;
        Assert.Equal((phase, weight), (status["phase"]!.GetValue<string>(), status["weight"]?.GetValue<string>()));
        foreach (var (type, isTrue) in new[] { ("Ready", ready), ("Reconciling", reconciling), ("Stalled", stalled) })
            Assert.Equal((type, isTrue ? "True" : "False"), (type, Condition(of, type)["status"]!.GetValue<string>()));
    }
}
