using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Tests.Discovery;
using TrafficCtl.Kubernetes.Wishes;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Wishes;

public sealed class ClusterWishesTests : IDisposable
{
    private static readonly TargetKey Key = new("shop.checkout", "default");
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 7, 0, 0, TimeSpan.Zero);

    private readonly MemoryCluster kube = new();
    private readonly FakeStore store = new();
    private readonly Explorer explorer;
    private readonly List<Wish> made = [];
    private readonly List<TargetKey> woken = [];
    private WishOutcome? Answer(Wish wish) => answered ? new WishOutcome(wish, !refuses, refuses ? "no rollout is active" : "done") : null;
    private bool answered = true, refuses;

    public ClusterWishesTests()
    {
        Shop.PutPair(kube);
        explorer = new Explorer(kube);
        Shop.PutRecord(kube, "checkout", explorer.Read().Stable);
    }

    [Fact]
    public async Task An_annotation_is_one_wish_of_the_tool_that_wrote_it()
    {
        Annotate(("pause", "n1"), ("reason", "lunch\nbreak"));
        kube.Edit(Shop.Service("checkout"), s => s["metadata"]!["managedFields"] = new JsonArray(
            Entry(
                "argocd-controller", "Apply", "2026-11-21T06:00:00Z", """{"f:metadata":{"f:annotations":{"f:trafficctl.io/route":{}}}}"""),
            Entry(
                "kubectl-annotate", "Update", "2026-11-21T06:59:00Z",
                """{"f:metadata":{"f:annotations":{"f:trafficctl.io/pause":{}}}}""")));

        await TakeAsync();
        await TakeAsync();

        var wish = Assert.Single(made);
        Assert.Equal((WishKind.Pause, "kubectl-annotate (Update)", "lunch\\nbreak"), (wish.Kind, wish.Who, wish.Reason));
        Assert.Equal("Service shop/checkout, pause n1", wish.From);
        Assert.Equal("n1", kube.Get(Shop.Delivery("checkout"))!["status"]!["handled"]!["Service/pause"]!.ToString());
    }

    [Fact]
    public async Task A_wish_that_somebody_else_recorded_wakes_the_engine_once()
    {
        using var wishes = Wishes(explorer);
        await wishes.TakeAsync(CancellationToken.None);
        Assert.Empty(woken);

        Record(7);
        await wishes.TakeAsync(CancellationToken.None);
        await wishes.TakeAsync(CancellationToken.None);
        Assert.Equal([Key], woken);

        // Another clock may have given an older number.
        Record(7, 5);
        await wishes.TakeAsync(CancellationToken.None);
        Record(5);
        await wishes.TakeAsync(CancellationToken.None);
        Assert.Equal([Key, Key], woken);
        Assert.Empty(made);

        void Record(params int[] ids) => kube.Edit(
            Shop.Delivery("checkout"), d => d["status"]!["wishes"] = new JsonArray([.. ids.Select(id => new JsonObject { ["id"] = id })]));
    }

    [Fact]
    public async Task A_new_nonce_is_a_new_wish_and_another_process_does_not_repeat_an_old_one()
    {
        Annotate(("promote", "1"));
        await TakeAsync();
        Annotate(("promote", "2"));
        await TakeAsync();
        using var successor = new Explorer(kube);
        successor.Read();
        await TakeAsync(successor);

        Assert.Equal(["promote 1", "promote 2"], made.Select(w => w.From.Split(", ")[1]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_wish_that_was_recorded_before_its_nonce_was_kept_is_not_made_twice(bool isAnswered)
    {
        Annotate(("promote", "1"));
        kube.Fault = what => what.StartsWith("patch", StringComparison.Ordinal) ? new KubeException("gone", null) : null;
        await TakeAsync();
        Assert.Single(made);
        if (isAnswered) await AnswerAsync(made[0]);

        kube.Fault = null;
        using var successor = new Explorer(kube);
        successor.Read();
        await TakeAsync(successor);

        Assert.Single(made);
        Assert.Equal("1", kube.Get(Shop.Delivery("checkout"))!["status"]!["handled"]!["Service/promote"]!.ToString());
    }

    [Fact]
    public async Task A_store_that_is_gone_takes_no_wish_and_loses_none()
    {
        Annotate(("promote", "1"));
        store.IsGone = true;
        await TakeAsync();
        Assert.Empty(made);

        store.IsGone = false;
        await TakeAsync();
        Assert.Equal(WishKind.Promote, Assert.Single(made).Kind);
    }

    [Fact]
    public async Task An_abort_is_taken_once_while_the_store_is_gone()
    {
        Annotate(("abort", "1"));
        store.IsGone = true;
        kube.Fault = what => what.StartsWith("patch", StringComparison.Ordinal) ? new KubeException("gone", null) : null;
        using var wishes = Wishes(explorer);
        for (var pass = 0; pass < 3; pass++) await wishes.TakeAsync(CancellationToken.None);
        Assert.Equal("Service shop/checkout, abort 1", Assert.Single(made).From);

        kube.Fault = null;
        store.IsGone = false;
        await store.RecordWishAsync(made[0], CancellationToken.None);
        await wishes.TakeAsync(CancellationToken.None);
        Assert.Single(made);
        Assert.Equal("1", kube.Get(Shop.Delivery("checkout"))!["status"]!["handled"]!["Service/abort"]!.ToString());

        store.IsGone = true;
        Annotate(("abort", "2"));
        await wishes.TakeAsync(CancellationToken.None);
        Assert.Equal(2, made.Count);
    }

    [Fact]
    public async Task An_abort_that_was_handled_long_ago_is_not_taken_again_because_the_store_is_gone()
    {
        Annotate(("abort", "1"));
        await TakeAsync();
        store.IsGone = true;
        using var successor = new Explorer(kube);
        successor.Read();
        await TakeAsync(successor);

        Assert.Single(made);
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData("Observing", 1)]
    [InlineData("Aborted", 0)]
    public async Task A_rollout_that_is_under_way_by_its_own_word_is_aborted_without_the_store(string? phase, int times)
    {
        PutRollout("checkout-default-2", "shop.checkout-default-2", "abort");
        if (phase is not null) kube.Edit(
            new KubeName(KubeKind.Rollout, Shop.Space, "checkout-default-2"), r => r["status"] = new JsonObject { ["phase"] = phase });
        store.IsGone = true;
        using var wishes = Wishes(explorer);
        for (var pass = 0; pass < 3; pass++) await wishes.TakeAsync(CancellationToken.None);

        Assert.Equal(times, made.Count);
    }

    [Fact]
    public async Task Wishes_are_taken_in_the_order_they_were_written()
    {
        Annotate(("resume", "1"), ("pause", "1"));
        kube.Edit(Shop.Service("checkout"), s => s["metadata"]!["managedFields"] = new JsonArray(
            Entry("a", "Update", "2026-11-21T06:59:00Z", """{"f:metadata":{"f:annotations":{"f:trafficctl.io/resume":{}}}}"""),
            Entry("b", "Update", "2026-11-21T06:58:00Z", """{"f:metadata":{"f:annotations":{"f:trafficctl.io/pause":{}}}}""")));
        await TakeAsync();

        Assert.Equal([WishKind.Pause, WishKind.Resume], made.Select(w => w.Kind));
    }

    [Theory]
    [InlineData("", "needs a value that was not used before")]
    [InlineData("a\u0007b", "has the character U+0007")]
    [InlineData("a\u202eb", "has the character U+202E (right-to-left override)")]
    public async Task A_nonce_that_is_none_is_told_once(string nonce, string complaint)
    {
        Annotate(("abort", nonce));
        using var wishes = Wishes(explorer);
        await wishes.TakeAsync(CancellationToken.None);
        await wishes.TakeAsync(CancellationToken.None);

        Assert.Empty(made);
        Assert.Contains(complaint, Assert.Single(explorer.Told).Note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_wish_is_told_where_it_was_asked()
    {
        refuses = true;
        Annotate(("promote", "1"));
        await TakeAsync();

        Assert.Equal(("WishRefused", "no rollout is active"), (explorer.Told[^1].Reason, explorer.Told[^1].Note));
    }

    [Fact]
    public async Task Before_a_service_is_born_its_wishes_wait()
    {
        kube.Remove(Shop.Delivery("checkout"));
        Annotate(("pause", "1"));
        await TakeAsync();
        Assert.Empty(made);
    }

    [Fact]
    public async Task A_patch_of_the_active_Rollout_is_a_wish_and_is_answered_there()
    {
        Activate("shop.checkout-default-2");
        PutRollout("checkout-default-2", "shop.checkout-default-2", "abort");
        await TakeAsync();
        await TakeAsync();

        Assert.Equal((WishKind.Abort, "it hurts"), (Assert.Single(made).Kind, made[0].Reason));
        var handled = kube.Get(new KubeName(KubeKind.Rollout, Shop.Space, "checkout-default-2"))!["status"]!["handled"]!;
        Assert.Equal(
            ("n1", true, "done"), (handled["nonce"]!.ToString(), handled["accepted"]!.GetValue<bool>(), handled["answer"]!.ToString()));
    }

    [Fact]
    public async Task A_wish_on_a_Rollout_that_ended_does_not_touch_the_one_that_runs()
    {
        Activate("shop.checkout-default-2");
        PutRollout("checkout-default-1", "shop.checkout-default-1", "abort");
        await TakeAsync();

        Assert.Empty(made);
        var handled = kube.Get(new KubeName(KubeKind.Rollout, Shop.Space, "checkout-default-1"))!["status"]!["handled"]!;
        Assert.Equal(
            (false, "rollout shop.checkout-default-2 is the active one; ask it"),
            (handled["accepted"]!.GetValue<bool>(), handled["answer"]!.ToString()));
    }

    [Fact]
    public async Task A_retry_on_a_Rollout_is_of_its_version()
    {
        store.Put(Record(null));
        PutRollout("checkout-default-1", "shop.checkout-default-1", "retry");
        await TakeAsync();

        Assert.Equal((WishKind.Retry, "v2+1"), (Assert.Single(made).Kind, made[0].Version));
    }

    public void Dispose() => explorer.Dispose();

    private Task TakeAsync() => TakeAsync(explorer);

    private async Task TakeAsync(Explorer process)
    {
        process.Discovery.Read();
        using var wishes = Wishes(process);
        await wishes.TakeAsync(CancellationToken.None);
    }

    private ClusterWishes Wishes(Explorer process) => new(
        new ClusterLink(kube, kube, () => true), () => process.Discovery.Services, process.Discovery.Nonces,
        new WishDoor(store, MakeAsync, woken.Add), process, process.Clock, NullLogger<ClusterWishes>.Instance);

    /// <summary>As Control does: an abort is carried out by the router where the store does not take it.</summary>
    private async ValueTask<WishOutcome?> MakeAsync(Wish wish, TimeSpan wait, CancellationToken stop)
    {
        if (wish.Kind != WishKind.Abort || !store.IsGone) await store.RecordWishAsync(wish, stop);
        made.Add(wish);
        return Answer(wish);
    }

    private async Task AnswerAsync(Wish wish)
    {
        var recorded = Assert.Single(await store.PendingWishesAsync(Key, CancellationToken.None));
        var record = Record(null);
        var data = $$"""{"wishId":{{recorded.Id}},"from":"{{wish.From}}"}""";
        await store.CommitAsync(
            [new Commit(
                -1, record, null, [new Fact(0, Now, Key, null, "ordered", "promote", "promote was asked for", data)],
                [new WishOutcome(recorded, true, "done")])], CancellationToken.None);
    }

    private void Activate(string id) => store.Put(Record(new RolloutState(
        id, Key.Service, Key.Environment, 2, "v1+1", "v2+1", 3, Now, Now, new Phase.Waiting("a gate"))
    { Plan = new Plan() }));

    private static ServiceRecord Record(RolloutState? active) => new(Key, "v1+1", 2, 3, [], active, default);

    private void Annotate(params (string Key, string Value)[] annotations) => kube.Edit(Shop.Service("checkout"), s =>
    {
        foreach (var (key, value) in annotations) s["metadata"]!["annotations"]![$"trafficctl.io/{key}"] = value;
    });

    private void PutRollout(string name, string id, string wish) => kube.Put(KubeKind.Rollout, new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = Shop.Space },
        ["spec"] = new JsonObject
        {
            ["service"] = "checkout",
            ["id"] = id,
            ["candidate"] = "v2+1",
            ["wish"] = new JsonObject { ["kind"] = wish, ["nonce"] = "n1", ["reason"] = "it hurts" },
        },
    });

    private static JsonObject Entry(string manager, string operation, string time, string fields) => new()
    {
        ["manager"] = manager,
        ["operation"] = operation,
        ["time"] = time,
        ["fieldsType"] = "FieldsV1",
        ["fieldsV1"] = JsonNode.Parse(fields),
    };
}
