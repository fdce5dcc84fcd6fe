using TrafficCtl.Control.Persistence;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Scenarios;

/// <summary>An abort needs nothing: it is in force in the router at once, and in the journal once, whenever the store is there.</summary>
public sealed class AbortTests
{
    [Fact]
    public async Task Is_in_force_before_it_is_recorded_and_decided_in_the_next_round()
    {
        using var world = await ObservingAsync();

        var outcome = await world.AskAsync(WishKind.Abort);
        await world.SettleAsync();

        Assert.Equal((true, null), (outcome!.Accepted, outcome.Warning));
        Assert.IsType<Phase.Aborted>(world.Phase);
        Assert.Null(world.Router.AbortOf(World.Service));
        AssertRecordedOnce(world);
    }

    [Fact]
    public async Task Is_in_force_at_once_while_the_store_is_gone_and_is_accepted_with_a_warning()
    {
        using var world = await ObservingAsync();
        world.Store.IsGone = true;

        var outcome = await AskAsync(world);

        Assert.Equal(Exposure.None, world.Router.Effective(World.Service));
        Assert.Equal((true, "v2 gets 0 % from now on, v1 serves everything"), (outcome.Accepted, outcome.Answer));
        Assert.Equal("the abort is not recorded yet (the fake store is gone); it is recorded when the store is back", outcome.Warning);
        for (var i = 0; i < 30; i++) await world.SecondAsync();
        Assert.Equal(Exposure.None, world.Router.Effective(World.Service));
        Assert.Contains(world.View.Warnings, w => w.Contains("v2 gets 0 % by an abort of ann", StringComparison.Ordinal));
        Assert.Contains(world.View.Warnings, w => w.Contains("the fake store is gone", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Is_recorded_once_when_the_store_is_back(bool isRestarted)
    {
        using var world = await ObservingAsync();
        world.Store.IsGone = true;
        await AskAsync(world);
        if (isRestarted) world.Restart();
        await world.SecondAsync();
        Assert.Equal(Exposure.None, world.Router.Effective(World.Service));

        world.Store.IsGone = false;
        await world.UntilAsync(w => w.Phase is Phase.Aborted, 30);
        await world.SecondAsync();

        AssertRecordedOnce(world);
        Assert.Null(world.Router.AbortOf(World.Service));
        Assert.Equal("v1", world.Router.Find(World.Service)!.Stable);
        Assert.Empty(world.View.Warnings);
    }

    [Fact]
    public async Task Is_recorded_as_it_was_asked_for()
    {
        using var world = await ObservingAsync();
        var askedAt = world.Clock.GetUtcNow();
        world.Store.IsGone = true;
        await AskAsync(world);
        for (var i = 0; i < 90; i++) await world.SecondAsync();
        world.Store.IsGone = false;
        await world.UntilAsync(w => w.Phase is Phase.Aborted, 30);

        var ordered = Assert.Single(world.Store.Facts, f => f.What == "abort" && f.Kind == "ordered");
        var data = RolloutJson.ReadFact(ordered.Data);
        Assert.Equal(("ann", "because", "a test", askedAt), (data.Who, data.Reason, data.From, data.AskedAt));
        Assert.Equal(World.Service + "-default-1", ordered.RolloutId);
    }

    [Fact]
    public async Task Nothing_is_decided_before_it_is_recorded()
    {
        using var world = await ObservingAsync();
        world.Store.IsGone = true;
        await AskAsync(world);
        var facts = world.Store.Facts.Count;
        world.Store.IsGone = false;
        world.Metrics.Candidate = new ArmScript(ErrorRatio: 0.9);

        await world.UntilAsync(w => w.Phase is Phase.Aborted, 30);

        Assert.Equal("abort", world.Store.Facts[facts].What);
    }

    [Fact]
    public async Task Is_in_force_while_the_record_cannot_be_read_and_decided_when_it_can()
    {
        using var world = await ObservingAsync();
        world.Store.Unreadable = World.Key;
        world.Restart();
        await world.SettleAsync();
        Assert.Contains("is torn", world.View.RecordTrouble, StringComparison.Ordinal);

        var asking = world.Wishes.MakeAsync(Abort(), TimeSpan.FromSeconds(4), default).AsTask();
        Assert.Equal(Exposure.None, world.Router.Effective(World.Service));
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        var outcome = await asking;
        Assert.True(outcome!.Accepted);
        Assert.StartsWith(
            "the abort is recorded, and the rollout is not ended yet (the fake record of checkout@default is torn)", outcome.Warning,
            StringComparison.Ordinal);
        for (var i = 0; i < 40; i++) await world.SecondAsync();
        Assert.Equal(Exposure.None, world.Router.Effective(World.Service));
        Assert.Contains(world.View.Warnings, w => w.StartsWith(
            "what the store says of checkout cannot be read (the fake record of checkout@default is torn)", StringComparison.Ordinal));

        world.Store.Unreadable = null;
        await world.UntilAsync(w => w.Phase is Phase.Aborted, 60);
        AssertRecordedOnce(world);
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_holds_up_no_other_service()
    {
        using var world = new World();
        world.Specs = [.. world.Specs, World.Spec() with { Service = "search" }];
        world.Loop.SetServices(world.Specs);
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        world.Store.Unreadable = World.Key;
        world.Restart();

        await world.UntilAsync(w => w.Views.Find(Keys.Of("search"))!.Newest?.Phase is Phase.Good, 120);
    }

    [Fact]
    public async Task Is_in_force_before_the_first_round()
    {
        using var world = await ObservingAsync();
        world.Restart();
        Assert.Null(world.View.Router);
        world.Store.IsGone = true;

        Assert.True((await AskAsync(world)).Accepted);

        Assert.Equal(Exposure.None, world.Router.Effective(World.Service));
        await world.SecondAsync();
        Assert.Equal(Exposure.None, world.Router.Effective(World.Service));
        world.Store.IsGone = false;
        await world.UntilAsync(w => w.Phase is Phase.Aborted, 30);
        AssertRecordedOnce(world);
    }

    [Fact]
    public async Task Does_not_wait_for_a_store_that_hangs_and_is_recorded_once_when_that_goes_on()
    {
        using var world = await ObservingAsync();
        var disk = new TaskCompletionSource();
        world.Store.Hangs = disk.Task;
        var asking = world.Wishes.MakeAsync(Abort(), TimeSpan.FromSeconds(4), default).AsTask();
        Assert.Equal(Exposure.None, world.Router.Effective(World.Service));

        world.Clock.Advance(TimeSpan.FromSeconds(2));
        var outcome = await asking;
        Assert.Equal("the abort is not recorded yet (The store does not answer); it is recorded when the store is back", outcome!.Warning);
        await world.SecondAsync();
        Assert.IsType<Phase.Observing>(world.Phase);

        disk.SetResult();
        await Eventually.TrueAsync(() => world.Store.RecordedWishes == 1, "it is recorded");
        await world.UntilAsync(w => w.Phase is Phase.Aborted, 30);
        AssertRecordedOnce(world);
    }

    [Fact]
    public async Task Is_refused_where_neither_the_router_nor_the_store_can_take_it()
    {
        using var world = await ObservingAsync();
        (world.Store.IsGone, world.Router.IsGone) = (true, true);

        var fault = await Assert.ThrowsAsync<StoreUnavailableException>(() => AskAsync(world));

        Assert.Equal("the fake store is gone. The split could not be changed without it either: the fake router is gone.", fault.Message);
    }

    [Fact]
    public async Task Of_two_both_are_recorded_and_one_ends_the_rollout()
    {
        using var world = await ObservingAsync();
        world.Store.IsGone = true;
        await AskAsync(world);
        var second = await world.Wishes.MakeAsync(Abort() with { Who = "bob" }, TimeSpan.FromSeconds(4), default);
        Assert.EndsWith("as that of ann, who was first", second!.Warning, StringComparison.Ordinal);

        world.Store.IsGone = false;
        await world.Wishes.MakeAsync(Abort() with { Who = "eve" }, TimeSpan.Zero, default);
        await world.UntilAsync(w => w.Phase is Phase.Aborted, 30);

        Assert.Equal(
            ["ann", "eve"], world.Store.Facts.Where(f => f.Kind == "ordered").Select(f => RolloutJson.ReadFact(f.Data).Who).Order());
        Assert.Single(world.Store.Facts, f => f is { Kind: "decided", What: "abort" });
    }

    [Fact]
    public async Task A_rollout_begun_again_afterwards_gets_its_traffic()
    {
        using var world = await ObservingAsync();
        world.Store.IsGone = true;
        await AskAsync(world);
        world.Store.IsGone = false;
        await world.UntilAsync(w => w.Phase is Phase.Aborted, 30);

        await world.AskAsync(WishKind.Retry);

        await world.UntilAsync(w => w.Active is { Number: 2, Phase: Phase.Observing });
        Assert.Equal(1000, world.Router.Effective(World.Service).General.Candidate);
    }

    [Fact]
    public async Task What_the_router_withholds_never_passes()
    {
        using var world = await ObservingAsync();
        world.Router.Withholds = "v2 gets 0 %, for it is unknown";
        for (var i = 0; i < 100; i++) await world.SecondAsync();
        Assert.Equal(0, Assert.IsType<Phase.Observing>(world.Phase).Step);
        Assert.Contains("v2 gets 0 %, for it is unknown", world.View.Warnings);

        await world.UntilAsync(w => w.Phase is Phase.Paused, 60);
    }

    public static TheoryData<PortFault> Faults() =>
        [PortFault.FailsBefore, PortFault.FailsAfter, PortFault.DiesBefore, PortFault.DiesAfter];

    /// <summary>Invariant 3, for what the router holds: recorded once whatever breaks on the way into the journal.</summary>
    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_fault_at_any_port_call_loses_no_abort_and_records_none_twice(PortFault fault)
    {
        var calls = 1;
        for (var k = 0; k <= calls; k++)
        {
            using var world = await ObservingAsync();
            world.Store.IsGone = true;
            await AskAsync(world);
            world.Store.IsGone = false;
            var before = world.Calls.Count;
            if (k > 0) (world.Calls.BreaksAt, world.Calls.Fault) = (before + k, fault);

            await world.UntilAsync(w => w.Store.Find(World.Key) is { Active: null } && w.Router.AbortOf(World.Service) is null, 60);

            if (k == 0) calls = world.Calls.Count - before;
            Assert.Equal(Exposure.None, world.Router.Effective(World.Service));
            AssertRecordedOnce(world);
        }

        Assert.True(calls > 10, $"{calls} calls");
    }

    private static async Task<World> ObservingAsync()
    {
        var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        Assert.Equal(1000, world.Router.Effective(World.Service).General.Candidate);
        return world;
    }

    private static async Task<WishOutcome> AskAsync(World world) =>
        (await world.Wishes.MakeAsync(Abort(), TimeSpan.FromSeconds(4), default))!;

    private static Wish Abort() => new(0, World.Key, WishKind.Abort, null, "ann", "because", "a test", default);

    private static void AssertRecordedOnce(World world)
    {
        Assert.Single(world.Store.Facts, f => f is { Kind: "ordered", What: "abort" });
        Assert.Single(world.Store.Facts, f => f is { Kind: "decided", What: "abort" });
        Assert.Single(world.Store.AnsweredWishes);
    }
}
