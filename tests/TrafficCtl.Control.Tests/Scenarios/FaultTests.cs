using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Scenarios;

public sealed class FaultTests
{
    [Fact]
    public async Task While_the_store_is_gone_no_step_advances_and_the_route_stays()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        var route = world.Router.Find(World.Service);
        world.Store.IsGone = true;
        for (var i = 0; i < 60; i++) await world.SecondAsync();

        Assert.Equal(route, world.Router.Find(World.Service));
        Assert.Contains(world.View.Warnings, w => w.Contains("the fake store is gone", StringComparison.Ordinal));
        Assert.True(world.Counts.StoreErrors > 0);

        world.Store.IsGone = false;
        await world.UntilAsync(w => w.Phase is Phase.Good, 60);
        Assert.DoesNotContain(world.View.Warnings, w => w.Contains("store", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_route_that_may_not_be_written_is_trouble_and_no_drift()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        world.Router.CannotWrite = true;
        for (var i = 0; i < 10; i++) await world.SecondAsync();
        Assert.Contains(world.View.Warnings, w => w.Contains("may not write", StringComparison.Ordinal));
        Assert.Equal("the fake router may not write", world.View.RouteTrouble);
        Assert.Equal(0, world.Counts.Drifts);

        world.Router.CannotWrite = false;
        await world.UntilAsync(w => w.Phase is Phase.Good);
        Assert.Null(world.View.RouteTrouble);
    }

    [Fact]
    public async Task While_nothing_can_be_measured_the_rollout_holds_and_never_passes_or_fails()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        world.Metrics.IsGone = true;
        for (var i = 0; i < 60; i++) await world.SecondAsync();

        Assert.Equal(0, Assert.IsType<Phase.Observing>(world.Active!.Phase).Step);
        Assert.Null(world.View.Seen!.Judgement);
        world.Metrics.IsGone = false;
        await world.UntilAsync(w => w.Phase is Phase.Good);
    }

    [Fact]
    public async Task While_nothing_can_be_measured_no_user_meets_a_new_version()
    {
        using var world = new World();
        world.Metrics.IsGone = true;
        for (var i = 0; i < 60; i++) await world.SecondAsync();

        Assert.IsType<Phase.Waiting>(world.Active!.Phase);
        Assert.Equal(Exposure.None, world.Router.Find(World.Service)!.Exposure);
        Assert.Contains("the fake counters are gone", world.View.LastDecision!.Reason);
        world.Metrics.IsGone = false;
        await world.UntilAsync(w => w.Phase is Phase.Good);
    }

    [Fact]
    public async Task While_the_router_is_gone_nothing_moves_and_later_it_is_told_again()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        var route = world.Router.Find(World.Service);
        world.Router.IsGone = true;
        for (var i = 0; i < 30; i++) await world.SecondAsync();
        Assert.Equal(route, world.Router.Find(World.Service));
        world.Router.IsGone = false;
        await world.UntilAsync(w => w.Phase is Phase.Good);
    }

    [Fact]
    public async Task A_route_that_somebody_changed_is_put_back_in_the_same_round_and_counted()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        var route = world.Router.Find(World.Service)!;
        world.Router.Put(route with { Exposure = Exposure.All });
        await world.SecondAsync();
        Assert.Equal(1, world.Counts.Drifts);
        Assert.Equal(10_000 - 9_000, world.Router.Find(World.Service)!.Exposure.General.Candidate);
    }

    [Fact]
    public async Task The_write_of_a_writer_that_was_overtaken_is_refused_and_it_follows_the_other()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        var record = world.Store.Find(World.Key)!;
        var paused = record.Active! with
        {
            Phase = new Phase.Paused(record.Active.Phase, PauseCause.Person, "the other writer", world.Clock.GetUtcNow()),
            Generation = record.Generation + 5,
        };
        world.Store.Put(record with { Active = paused, Generation = record.Generation + 5 });
        await world.UntilAsync(w => w.Counts.StaleWrites > 0);
        await world.SecondAsync();

        Assert.Equal(paused.Phase, world.View.Newest!.Phase);
        Assert.Equal(1, world.Counts.StaleWrites);
        Assert.Equal(record.Generation + 5, world.Store.Find(World.Key)!.Generation);
    }

    [Fact]
    public async Task A_router_that_is_ahead_of_a_restored_store_is_overtaken()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        world.Router.Put(world.Router.Find(World.Service)! with { Generation = 1000 });
        await world.UntilAsync(w => w.Phase is Phase.Good);

        Assert.Contains(world.Store.Facts, f => f.What == "router-ahead");
        Assert.True(world.Store.Find(World.Key)!.Generation > 1000);
    }

    [Fact]
    public async Task One_service_whose_commit_cannot_be_written_does_not_hold_the_others()
    {
        using var world = new World();
        world.Specs = [World.Spec(), World.Spec() with { Service = "poisoned" }];
        world.Store.Poison = commits => commits.Any(c => c.Record.Key.Service == "poisoned")
            ? new InvalidOperationException("cannot be written")
            : null;
        world.Loop.SetServices(world.Specs);
        await world.UntilAsync(w => w.Phase is Phase.Good);

        Assert.Null(world.Store.Find(new TargetKey("poisoned", "default")));
        Assert.Contains(world.Views.Find(Keys.Of("poisoned"))!.Warnings, w => w.Contains("cannot be written", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_breakers_trip_rolls_back_with_its_words()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        world.Router.Trip(World.Service, world.Clock.GetUtcNow());
        await world.SecondAsync();

        Assert.Equal(RollbackCause.Breaker, Assert.IsType<Phase.RolledBack>(world.Phase).Cause);
        Assert.Contains(world.Store.Facts, f => f.Text.Contains("8 of 8 requests failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_rollout_that_stays_unsure_pauses_at_its_deadline_where_it_is()
    {
        var spec = World.Spec();
        using var world =
            new World(spec with { Plan = spec.Plan with { IfUnsure = new UnsurePolicy(TimeSpan.FromSeconds(20), UnsureOutcome.Pause) } });
        world.Metrics.Rate = 5;
        await world.UntilAsync(w => w.Phase is Phase.Paused);
        Assert.Equal(PauseCause.Unsure, Assert.IsType<Phase.Paused>(world.Phase).Cause);
        Assert.Equal(1000, world.Router.Find(World.Service)!.Exposure.General.Candidate);
    }

    [Fact]
    public async Task A_router_that_holds_another_split_under_a_higher_generation_confirms_nothing()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        var record = world.Store.Find(World.Key)!;
        world.Store.Put(record with { Active = record.Active! with { Phase = new Phase.RollingBack(RollbackCause.Abort, "told to") } });
        world.Router.Put(world.Router.Find(World.Service)! with { Generation = 1000, Exposure = Exposure.All });
        world.Restart();
        await world.SecondAsync();
        await world.SecondAsync();

        var gone = world.Store.Facts.First(f => f.What == "router-ahead");
        Assert.DoesNotContain(
            world.Store.Facts, f => f.What == "rolled-back" && f.Text.Contains("told to", StringComparison.Ordinal) && f.Seq < gone.Seq);
        Assert.IsType<Phase.Aborted>(world.Phase);
        Assert.Equal(Exposure.None, world.Router.Find(World.Service)!.Exposure);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_blinds_nobody()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        world.Clock.Set(-TimeSpan.FromHours(1));
        world.Metrics.Candidate = new ArmScript(ErrorRatio: 0.5);
        await world.UntilAsync(w => w.Phase is Phase.RolledBack, 30);
        Assert.Equal(RollbackCause.Verdict, Assert.IsType<Phase.RolledBack>(world.Phase).Cause);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_closes_neither_the_store_nor_the_checkpoints()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        world.Store.IsGone = true;
        for (var i = 0; i < 20; i++) await world.SecondAsync();
        world.Clock.Set(-TimeSpan.FromHours(1));
        world.Store.IsGone = false;
        var saved = world.Store.CheckpointBatches.Count;
        for (var i = 0; i < 12; i++) await world.SecondAsync();

        Assert.DoesNotContain(world.View.Warnings, w => w.Contains("store", StringComparison.Ordinal));
        Assert.True(world.Store.CheckpointBatches.Count > saved);
    }

    [Fact]
    public async Task A_service_whose_state_is_lost_goes_on_from_its_last_route_and_starts_nothing_by_itself()
    {
        using var world = new World();
        var last = new ServiceRoute(Keys.Of(World.Service), 41, "v2", "v3", "checkout-default-7", Exposure.Of(Weights.OfCandidate(500)));
        world.Router.Put(last);
        world.Last = new LastKnown([last], "trafficctl.db was corrupt and is moved aside");
        world.Specs = [World.Spec("v1", "v1", "v2", "v3")];
        world.Loop.SetServices(world.Specs, world.Last);
        await world.SettleAsync();

        var record = world.Store.Find(World.Key)!;
        Assert.Equal(("v2", 7), (record.LastGood, record.LastNumber));
        Assert.Null(record.Active);
        Assert.Contains(world.Store.Facts, f => f.Kind == "state-lost" && f.Text.Contains("corrupt", StringComparison.Ordinal));
        Assert.Equal(("v2", null), (world.Router.Find(World.Service)!.Stable, world.Router.Find(World.Service)!.Candidate));

        await world.AskAsync(WishKind.Publish, "v3");
        Assert.Equal("checkout-default-8", world.Active!.Id);
    }

    [Fact]
    public async Task A_loop_that_begins_anew_before_the_store_was_read_still_knows_the_last_routes()
    {
        using var world = new World();
        var last = new ServiceRoute(Keys.Of(World.Service), 41, "v2", "v3", "checkout-default-7", Exposure.Of(Weights.OfCandidate(500)));
        world.Router.Put(last);
        world.Last = new LastKnown([last], "trafficctl.db was corrupt and is moved aside");
        world.Specs = [World.Spec("v1", "v1", "v2", "v3")];
        world.Store.IsGone = true;
        world.Loop.SetServices(world.Specs, world.Last);
        await world.SettleAsync();

        // As when another task of the leader fails: the loop is stopped, and run again.
        await world.Loop.RunAsync(new CancellationToken(canceled: true));
        world.Store.IsGone = false;
        for (var i = 0; i < 12; i++) await world.SecondAsync();

        Assert.Equal("v2", world.Store.Find(World.Key)!.LastGood);
        Assert.Contains(world.Store.Facts, static f => f.Kind == "state-lost");
    }
}
