using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;
using Xunit;
using static TrafficCtl.TestKit.Contracts.Examples;

namespace TrafficCtl.TestKit.Contracts;

/// <summary>What every store must do. A new store derives from this and says how it is opened.</summary>
public abstract class StoreContract
{
    /// <summary>The store on the same data as before: the first call finds nothing, later ones what was saved.</summary>
    private protected abstract IStore Open();

    /// <summary>Facts of one service and of one of its rollouts that are kept; the first is always among them.</summary>
    private protected virtual int MostFacts => int.MaxValue;

    private protected virtual bool KeepsWindows => true;

    /// <summary>In one call where the store saves several together, else one by one.</summary>
    private static async Task SaveAsync(IStore store, params Commit[] commits)
    {
        if (store.CommitsTogether) await store.CommitAsync([.. commits], default);
        else foreach (var commit in commits) await store.CommitAsync([commit], default);
    }

    [Fact]
    public async Task Knows_nothing_of_a_service_it_has_never_seen()
    {
        var store = Open();
        Assert.Null(await store.LoadAsync(Shop, default));
        Assert.Empty(await store.PendingWishesAsync(Shop, default));
        Assert.Empty(await store.FactsAsync(new FactQuery(Shop), default));
    }

    [Fact]
    public async Task A_saved_decision_is_read_back_also_after_a_restart()
    {
        var store = Open();
        await store.CommitAsync([Birth()], default);
        Same(Birth().Record, await store.LoadAsync(Shop, default));
        var start = Start(0, 1, evidence: [1, 2, 255, 0]);
        await store.CommitAsync([start], default);
        Same(start.Record, await store.LoadAsync(Shop, default));
        Same(start.Record, await Open().LoadAsync(Shop, default));
    }

    [Fact]
    public async Task The_end_of_a_rollout_leaves_no_active_one_and_no_evidence()
    {
        var store = Open();
        await store.CommitAsync([Birth()], default);
        await store.CommitAsync([Start(0, 1, evidence: [7])], default);
        var end = End(State(1, 2, new Phase.Good()), 1);
        await store.CommitAsync([end], default);
        Same(end.Record, await store.LoadAsync(Shop, default));
        await store.CheckpointAsync([new Checkpoint(Shop, "shop-prod-1", new byte[] { 8 })], default);
        Same(end.Record, await store.LoadAsync(Shop, default));
    }

    [Fact]
    public async Task What_a_rollout_learnt_of_its_service_outlives_it()
    {
        var store = Open();
        await store.CommitAsync([Birth()], default);
        Assert.True((await store.LoadAsync(Shop, default))!.Learnt.IsEmpty);
        await store.CommitAsync([Start(0, 1)], default);
        var end = End(State(1, 2, new Phase.Good()), 1);
        await store.CommitAsync([end with { Record = end.Record with { Learnt = new byte[] { 9, 0, 255 } } }], default);
        Assert.Equal([9, 0, 255], (await Open().LoadAsync(Shop, default))!.Learnt.ToArray());
    }

    [Fact]
    public async Task A_newer_rollout_takes_the_place_of_a_superseded_one_in_one_decision()
    {
        var store = Open();
        await store.CommitAsync([Birth()], default);
        await store.CommitAsync([Start(0, 1, evidence: [7])], default);
        var next = State(2, 2, new Phase.Waiting("probe"));
        var supersede = Active(next, 1) with { Rollout = State(1, 2, new Phase.Superseded("v3")) };
        await store.CommitAsync([supersede], default);
        Same(supersede.Record, await store.LoadAsync(Shop, default));
    }

    [Fact]
    public async Task A_decision_from_an_older_generation_is_refused_and_its_whole_round_with_it()
    {
        var store = Open();
        var other = new TargetKey("cart", "prod");
        await SaveAsync(store, Birth(), Birth(other));
        await store.CommitAsync([Start(0, 1)], default);
        if (!store.CommitsTogether)
        {
            // All or none is then one by construction.
            await Assert.ThrowsAsync<ArgumentException>(() => store.CommitAsync([Start(0, 1, other), Start(1, 2)], default).AsTask());
            Same(Birth(other).Record, await store.LoadAsync(other, default));
            await Assert.ThrowsAsync<StaleGenerationException>(() => store.CommitAsync([Start(0, 2)], default).AsTask());
            return;
        }

        var stale = await Assert.ThrowsAsync<StaleGenerationException>(() =>
            store.CommitAsync([Start(0, 1, other), Start(0, 2)], default).AsTask());
        Assert.Contains("shop@prod", stale.Message, StringComparison.Ordinal);
        Same(Start(0, 1).Record, await store.LoadAsync(Shop, default));
        Same(Birth(other).Record, await store.LoadAsync(other, default));
        Assert.Single(await store.FactsAsync(new FactQuery(other), default));
    }

    [Fact]
    public async Task A_service_is_born_once_and_decided_only_after_its_birth()
    {
        var store = Open();
        await Assert.ThrowsAsync<StaleGenerationException>(() => store.CommitAsync([Start(0, 1)], default).AsTask());
        await store.CommitAsync([Birth()], default);
        await Assert.ThrowsAsync<StaleGenerationException>(() => store.CommitAsync([Birth()], default).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => store.CommitAsync([Start(0, 0)], default).AsTask());
        Assert.Single(await store.FactsAsync(new FactQuery(Shop), default));
    }

    [Fact]
    public async Task A_rollout_number_is_used_once_and_an_ended_rollout_stays_ended()
    {
        var store = Open();
        await store.CommitAsync([Birth()], default);
        await store.CommitAsync([Start(0, 1)], default);
        await store.CommitAsync([End(State(1, 2, new Phase.Good()), 1)], default);
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.CommitAsync([Start(2, 3)], default).AsTask());
        var twin = State(1, 3, new Phase.Waiting("probe")) with { Id = "another-id-1" };
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.CommitAsync([Active(twin, 2)], default).AsTask());
        Assert.Equal(2, (await store.LoadAsync(Shop, default))!.Generation);
    }

    [Fact]
    public async Task A_decision_may_not_forget_an_active_rollout()
    {
        var store = Open();
        await store.CommitAsync([Birth()], default);
        await store.CommitAsync([Start(0, 1)], default);
        var forgetful = new Commit(1, Birth().Record with { Generation = 2 }, null, [], []);
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.CommitAsync([forgetful], default).AsTask());
        Same(Start(0, 1).Record, await store.LoadAsync(Shop, default));
    }

    [Fact]
    public async Task A_checkpoint_replaces_the_evidence_of_the_active_rollout_only()
    {
        var store = Open();
        await store.CommitAsync([Birth()], default);
        await store.CheckpointAsync([new Checkpoint(Shop, "shop-prod-1", new byte[] { 1 })], default);
        await store.CommitAsync([Start(0, 1, evidence: [1])], default);
        var blob = Enumerable.Range(0, 16 * 1024).Select(i => (byte)i).ToArray();
        await store.CheckpointAsync(
            [new Checkpoint(Shop, "shop-prod-1", blob), new Checkpoint(Shop, "shop-prod-9", new byte[] { 9 })], default);
        Same(Start(0, 1, evidence: blob).Record, await Open().LoadAsync(Shop, default));
    }

    [Fact]
    public async Task A_difference_stands_beside_the_whole_checkpoint_and_one_of_no_active_rollout_is_ignored()
    {
        var store = Open();
        if (!store.KeepsDeltas) return;
        await store.CommitAsync([Birth()], default);
        await store.CommitAsync([Start(0, 1, evidence: [1])], default);
        await store.CheckpointAsync(
            [new Checkpoint(Shop, "shop-prod-1", new byte[] { 2, 3 }) { IsDelta = true, Windows = Piece(0, 2) }], default);
        await store.CheckpointAsync(
        [
            new Checkpoint(Shop, "shop-prod-1", new byte[] { 4 }) { IsDelta = true, Windows = Piece(2, 3) },
            new Checkpoint(Shop, "shop-prod-9", new byte[] { 5 }) { IsDelta = true },
        ], default);
        store = Open();
        var record = await store.LoadAsync(Shop, default);
        Assert.Equal([1], record!.Evidence.ToArray());
        Assert.Equal([4], record.Delta.ToArray());
        Assert.Single(await store.WindowsAsync("shop-prod-1", 2, default));
        Assert.Equal(2, (await store.WindowsAsync("shop-prod-1", 1, default)).Length);

        await store.CheckpointAsync([new Checkpoint(Shop, "shop-prod-1", new byte[] { 6 })], default);
        Assert.Equal([6], (await store.LoadAsync(Shop, default))!.Evidence.ToArray());
        await store.CommitAsync([End(State(1, 2, new Phase.Good()), 1)], default);
        record = await Open().LoadAsync(Shop, default);
        Assert.Equal((0, 0), (record!.Evidence.Length, record.Delta.Length));
    }

    [Fact]
    public async Task A_wish_waits_in_order_until_a_decision_answers_it_once()
    {
        var store = Open();
        await store.CommitAsync([Birth()], default);
        var first = await store.RecordWishAsync(Wish(), default);
        var asked = Wish(WishKind.Publish, "v2") with { IdempotencyKey = "a key \"of\" Ann's", ExpectedGeneration = 0 };
        var second = await store.RecordWishAsync(asked, default);
        Assert.True(second.Id > first.Id);
        Assert.Equal(Wish() with { Id = first.Id }, first);
        store = Open();
        Assert.Equal([first, second], (await store.PendingWishesAsync(Shop, default)).AsEnumerable());
        Assert.Empty(await store.PendingWishesAsync(new TargetKey("shop", "test"), default));

        var answer = Start(0, 1) with { Wishes = [new WishOutcome(first, true, "paused")] };
        await store.CommitAsync([answer], default);
        Assert.Equal([second], (await store.PendingWishesAsync(Shop, default)).AsEnumerable());

        var again = Start(1, 2) with { Wishes = [new WishOutcome(second, false, "no"), new WishOutcome(first, false, "again")] };
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.CommitAsync([again], default).AsTask());
        Assert.Equal([second], (await store.PendingWishesAsync(Shop, default)).AsEnumerable());
        var unknown = Start(1, 2) with { Wishes = [new WishOutcome(second with { Id = 12345 }, true, "who?")] };
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.CommitAsync([unknown], default).AsTask());
    }

    [Fact]
    public async Task An_approval_keeps_what_it_is_about_and_by_what_right()
    {
        var store = Open();
        await store.CommitAsync([Birth()], default);
        var vote = Wish(WishKind.Approve) with { Vote = new Vote("leads", "shop-default-1", "approver leads") };
        var empty = Wish(WishKind.Reject) with { Vote = new Vote("", "", "") };
        var recorded = await store.RecordWishAsync(vote, default);
        var second = await store.RecordWishAsync(empty, default);
        Assert.Equal([recorded, second], (await Open().PendingWishesAsync(Shop, default)).AsEnumerable());
        Assert.Equal((vote.Vote, empty.Vote), (recorded.Vote, second.Vote));
    }

    [Fact]
    public async Task What_is_saved_of_gates_comes_back()
    {
        var store = Open();
        await store.CommitAsync([Birth()], default);
        var at = new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
        var gates = ImmutableArray.Create(
            new GateState("alerts", at, TimeSpan.FromSeconds(3)),
            new GateState("approve by leads, 2", at, TimeSpan.FromSeconds(4), "open", "approved by ann and ben", 2,
                [new Approval(7, "ann", at, false, "fine"), new Approval(8, "ben", at, true)]));
        var start = Start(0, 1);
        var active = start.Record.Active! with { Author = "cid", Gates = gates };
        await store.CommitAsync([start with { Record = start.Record with { Active = active }, Rollout = active }], default);
        var found = (await Open().LoadAsync(Shop, default))!.Active!;
        Assert.Equal("cid", found.Author);
        Assert.Equal(gates[0], found.FindGate("alerts"));
        var saved = found.FindGate("approve by leads, 2")!;
        Assert.Equal(gates[1].Approvals!.Value.AsEnumerable(), saved.Approvals!.Value);
        Assert.Equal(gates[1] with { Approvals = null }, saved with { Approvals = null });
    }

    [Fact]
    public async Task Facts_come_newest_first_and_by_pages_without_a_gap()
    {
        var store = Open();
        var facts = Enumerable.Range(0, 10_000)
            .Select(i => Fact("decided", "hold", null, i % 2 == 0 ? "shop-prod-1" : null, $"fact {i}"))
            .ToImmutableArray();
        await SaveAsync(store, Birth() with { Facts = facts }, Birth(new TargetKey("cart", "prod")));
        if (MostFacts < facts.Length) facts = [facts[0], .. facts[^(MostFacts - 1)..]];

        var read = new List<Fact>();
        for (long? before = null; ;)
        {
            var page = await store.FactsAsync(new FactQuery(Shop, Limit: 999, Before: before), default);
            if (page.IsEmpty) break;
            read.AddRange(page);
            before = page[^1].Seq;
        }

        Assert.Equal(facts.Reverse(), read.Select(f => f with { Seq = 0 }));
        Assert.Equal(read.Select(f => f.Seq).Distinct().OrderDescending(), read.Select(f => f.Seq));
        var ofRollout = await store.FactsAsync(new FactQuery(Shop, "shop-prod-1", Limit: 10_000), default);
        Assert.Equal(facts.Count(f => f.RolloutId is not null), ofRollout.Length);
        Assert.Equal(100, (await store.FactsAsync(new FactQuery(Shop), default)).Length);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.FactsAsync(new FactQuery(Shop, Limit: 0), default).AsTask());
    }

    [Fact]
    public async Task Many_writers_and_readers_at_once_lose_nothing()
    {
        var store = Open();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(n => Task.Run(async () =>
        {
            var key = new TargetKey($"service{n}", "prod");
            await store.CommitAsync([Birth(key)], default);
            for (var generation = 1; generation <= 10; generation++)
            {
                await store.CommitAsync([Start(generation - 1, generation, key)], default);
                await store.RecordWishAsync(Wish() with { Key = key }, default);
                Assert.Equal(generation, (await store.LoadAsync(key, default))!.Generation);
            }

            Assert.Equal(10, (await store.PendingWishesAsync(key, default)).Length);
            Assert.Equal(11, (await store.FactsAsync(new FactQuery(key), default)).Length);
        })));
    }

    [Fact]
    public async Task Of_many_that_decide_from_the_same_state_one_is_saved()
    {
        var store = Open();
        await store.CommitAsync([Birth()], default);
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            try
            {
                await store.CommitAsync([Start(0, 1)], default);
                return true;
            }
            catch (StaleGenerationException)
            {
                return false;
            }
        })));
        Assert.Single(results, saved => saved);
        Assert.Equal(2, (await store.FactsAsync(new FactQuery(Shop), default)).Length);
    }

    [Fact]
    public async Task A_call_that_is_stopped_before_it_begins_saves_nothing()
    {
        var store = Open();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.CommitAsync([Birth()], new CancellationToken(true)).AsTask());
        Assert.Null(await store.LoadAsync(Shop, default));
    }

    [Fact]
    public async Task Windows_are_saved_with_the_evidence_and_read_back_in_their_order_also_after_a_restart()
    {
        var store = Open();
        await store.CommitAsync([Birth()], default);
        await store.CommitAsync([Start(0, 1, evidence: [7]) with { Windows = Piece(0, 2) }], default);
        await store.CheckpointAsync([new Checkpoint(Shop, "shop-prod-1", new byte[] { 8 }) { Windows = Piece(2, 2) }], default);
        await store.CheckpointAsync([new Checkpoint(Shop, "shop-prod-1", new byte[] { 9 }) { Windows = Piece(4, 1) }], default);
        store = Open();
        if (!KeepsWindows)
        {
            Assert.Equal(0, (await store.LoadAsync(Shop, default))!.Recorded);
            Assert.Empty(await store.RecordingsAsync(new RecordingQuery(), default));
            await HoldsAsync(store);
            Assert.Equal(default, await store.PruneAsync(new WindowRetention(At, 0), default));
            return;
        }

        Assert.Equal(5, (await store.LoadAsync(Shop, default))!.Recorded);
        await HoldsAsync(store, [Piece(0, 2), Piece(2, 2), Piece(4, 1)]);
        var recording = Assert.Single(await store.RecordingsAsync(new RecordingQuery(), default));
        Assert.Equal(
            (State(1, 1, new Phase.Observing(0, At, At)), Piece(0, 2).From, Piece(4, 1).To, 5),
            (recording.State, recording.From, recording.To, recording.Ticks));
        Assert.True(recording.Bytes > 0);
        Assert.Empty(await store.WindowsAsync("shop-prod-2", 0, default));
    }

    [Fact]
    public async Task Windows_of_a_rollout_that_ended_stay_and_those_of_its_last_decision_are_among_them()
    {
        var store = Open();
        await store.CommitAsync([Birth()], default);
        await store.CommitAsync([Start(0, 1) with { Windows = Piece(0, 3) }], default);
        await store.CommitAsync([End(State(1, 2, new Phase.Good()), 1) with { Windows = Piece(3, 1) }], default);
        await store.CheckpointAsync([new Checkpoint(Shop, "shop-prod-1", new byte[] { 8 }) { Windows = Piece(4, 1) }], default);
        await HoldsAsync(Open(), KeepsWindows ? [Piece(0, 3), Piece(3, 1)] : []);
        await Open().CommitAsync(
            [Start(2, 3) with { Record = Start(2, 3).Record with { Active = State(2, 3, new Phase.Waiting("probe")) }, Rollout = State(
                2, 3, new Phase.Waiting("probe")) }],
            default);
        Assert.Equal(0, (await Open().LoadAsync(Shop, default))!.Recorded);
    }

    [Fact]
    public async Task Windows_that_are_given_again_with_more_take_the_place_of_those_before()
    {
        var store = Open();
        await store.CommitAsync([Birth()], default);
        await store.CommitAsync([Start(0, 1)], default);
        foreach (var piece in (RecordedWindows[])[Piece(0, 2), Piece(2, 1), Piece(2, 3), Piece(5, 1)])
            await store.CheckpointAsync([new Checkpoint(Shop, "shop-prod-1", new byte[] { 8 }) { Windows = piece }], default);
        Assert.Equal(KeepsWindows ? 6 : 0, (await store.LoadAsync(Shop, default))!.Recorded);
        await HoldsAsync(store, KeepsWindows ? [Piece(0, 2), Piece(2, 3), Piece(5, 1)] : []);
    }

    [Fact]
    public async Task A_thousand_pieces_come_back_as_they_were_given()
    {
        var store = Open();
        await store.CommitAsync([Birth()], default);
        await store.CommitAsync([Start(0, 1)], default);
        var pieces = Enumerable.Range(0, 1000).Select(i => Piece(i, 1)).ToArray();
        foreach (var piece in pieces)
            await store.CheckpointAsync([new Checkpoint(Shop, "shop-prod-1", new byte[] { 8 }) { Windows = piece }], default);
        await HoldsAsync(store, KeepsWindows ? pieces : []);
    }

    [Fact]
    public async Task Recordings_are_listed_newest_first_and_by_what_is_asked_for()
    {
        var store = Open();
        foreach (var n in Enumerable.Range(0, 4))
        {
            var key = new TargetKey($"service{n}", "prod");
            await store.CommitAsync([Birth(key)], default);
            await store.CommitAsync([Start(0, 1, key) with { Windows = Piece(n * 100, 1) with { First = 0 } }], default);
        }

        async Task<string[]> ListAsync(RecordingQuery query) =>
            [.. (await store.RecordingsAsync(query, default)).Select(r => r.State.Service)];
        Assert.Equal(KeepsWindows ? ["service3", "service2", "service1", "service0"] : [], await ListAsync(new RecordingQuery()));
        if (!KeepsWindows) return;
        Assert.Equal(["service3", "service2"], await ListAsync(new RecordingQuery(Limit: 2)));
        Assert.Equal(["service1"], await ListAsync(new RecordingQuery(Service: "service1")));
        Assert.Equal(["service2"], await ListAsync(new RecordingQuery(RolloutId: "service2-prod-1")));
        Assert.Equal(["service3", "service2"], await ListAsync(new RecordingQuery(Since: Piece(100, 1).To)));
        Assert.Empty(await ListAsync(new RecordingQuery(Service: "nobody")));
    }

    private static RecordedWindows Piece(int first, int count)
    {
        var from = At.AddSeconds(5 * first);
        return new RecordedWindows(first, count, from, from.AddSeconds(5 * (count - 1)), new byte[] { 1, 2, (byte)first, (byte)count, 0 });
    }

    private static async Task HoldsAsync(IStore store, params RecordedWindows[] pieces) =>
        Assert.Equal(
            pieces.Select(p => Convert.ToHexString(p.Data.Span)),
            (await store.WindowsAsync("shop-prod-1", 0, default)).Select(d => Convert.ToHexString(d.Span)));
}
