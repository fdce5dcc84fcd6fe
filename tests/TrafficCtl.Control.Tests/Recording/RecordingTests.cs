using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Control.Persistence;
using TrafficCtl.Control.Recording;
using TrafficCtl.Core.Recording;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Recording;

public sealed class RecordingTests
{
    private const string First = "checkout-default-1";

    [Fact]
    public async Task Every_tick_of_a_rollout_is_recorded_to_its_end_and_the_first_one_says_what_the_judge_began_with()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Phase is Phase.Good);
        var ticks = await TicksAsync(world);

        Assert.Equal(Enumerable.Range(0, ticks.Count).Select(i => (long)i), ticks.Select(t => t.Before));
        Assert.Equal(BeginCause.First, ticks[0].Begins!.Cause);
        Assert.All(ticks.Skip(1), t => Assert.Null(t.Begins));
        Assert.Equal(ticks.Select(t => t.Generation).Order(), ticks.Select(t => t.Generation));
        Assert.Equal([Comparison.Concurrent, Comparison.Historical], ticks.Select(t => t.Comparison).Distinct());
        var begins = ticks[0].Begins!;
        Assert.Equal(World.Spec().Analysis, RolloutJson.ReadAnalysis(System.Text.Encoding.UTF8.GetString(begins.Analysis.Span)));
        Assert.NotNull(Core.Judging.Estimates.Baseline.Restore(begins.Baseline.Span));
    }

    [Fact]
    public async Task A_restart_records_on_after_the_checkpoint_whose_evidence_it_goes_on_with()
    {
        using var world = new World();
        world.Metrics.Rate = 200;
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        for (var i = 0; i < 13; i++) await world.SecondAsync();
        world.Restart();
        await world.UntilAsync(w => w.Phase is Phase.Good);
        var ticks = await TicksAsync(world);
        Assert.Equal(Enumerable.Range(0, ticks.Count).Select(i => (long)i), ticks.Select(t => t.Before));
        Assert.Single(ticks, t => t.Begins is not null);
    }

    [Fact]
    public async Task Evidence_that_a_restart_could_not_bring_back_begins_anew_in_the_recording_too()
    {
        using var world = new World();
        world.Metrics.Rate = 200;
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        for (var i = 0; i < 13; i++) await world.SecondAsync();
        world.Store.Put(world.Store.Find(World.Key)! with { Evidence = new byte[] { 1, 2, 3 } });
        world.Restart();
        await world.UntilAsync(w => w.Phase is Phase.Good);
        Assert.Equal(
            [BeginCause.First, BeginCause.Lost], (await TicksAsync(world)).Where(t => t.Begins is not null).Select(t => t.Begins!.Cause));
    }

    [Fact]
    public async Task Other_tolerances_begin_anew_in_the_recording_too()
    {
        using var world = new World();
        world.Metrics.Rate = 200;
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        for (var i = 0; i < 5; i++) await world.SecondAsync();
        var spec = World.Spec();
        world.Loop.SetServices([spec with { Analysis = spec.Analysis with { Errors = new(0.04) } }]);
        await world.UntilAsync(w => w.Phase is Phase.Good);
        Assert.Equal(
            [BeginCause.First, BeginCause.Tolerances],
            (await TicksAsync(world)).Where(t => t.Begins is not null).Select(t => t.Begins!.Cause));
    }

    [Fact]
    public async Task A_store_that_is_gone_for_long_costs_windows_and_they_are_missed()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        world.Store.IsGone = true;
        for (var i = 0; i < 600; i++) await world.SecondAsync();
        world.Store.IsGone = false;
        await world.UntilAsync(w => w.Phase is Phase.Good);
        var before = (await TicksAsync(world)).ConvertAll(t => t.Before);
        Assert.Equal(before.Order().Distinct(), before);
        Assert.True(before[^1] + 1 > before.Count, "some are missing, and their numbers tell");
    }

    [Fact]
    public async Task A_decision_that_the_store_took_without_saying_so_repeats_no_tick_and_loses_none()
    {
        using var undisturbed = new World();
        await undisturbed.UntilAsync(w => w.Phase is Phase.Good);
        for (var call = 1; call <= undisturbed.Calls.Count; call++)
        {
            using var world = new World();
            (world.Calls.BreaksAt, world.Calls.Fault) = (call, PortFault.FailsAfter);
            await world.UntilAsync(w => w.Phase is Phase.Good);
            var before = (await TicksAsync(world)).ConvertAll(t => t.Before);
            Assert.Equal(Enumerable.Range(0, before.Count).Select(i => (long)i), before);
        }
    }

    [Fact]
    public async Task With_nothing_to_be_kept_nothing_is_recorded_and_what_there_is_goes()
    {
        using var world = new World(settings: new RecordingSettings(TimeSpan.Zero, 1 << 20));
        await world.UntilAsync(w => w.Phase is Phase.Good);
        Assert.Empty(await world.Store.RecordingsAsync(new Ports.RecordingQuery(), default));
        for (var i = 0; i < 61; i++) await world.SecondAsync();
        Assert.InRange(Assert.Single(world.Store.Prunings).Before, world.Clock.GetUtcNow().AddMinutes(-1), world.Clock.GetUtcNow());
    }

    [Fact]
    public async Task Old_recordings_are_pruned_once_a_minute_and_each_round_while_there_is_more()
    {
        using var world = new World(settings: new RecordingSettings(TimeSpan.FromDays(2), 12345));
        for (var i = 0; i < 130; i++) await world.SecondAsync();
        Assert.Equal(2, world.Store.Prunings.Count);
        Assert.All(world.Store.Prunings, p => Assert.Equal(12345, p.MostBytes));
        Assert.InRange(
            world.Clock.GetUtcNow() - world.Store.Prunings[^1].Before, TimeSpan.FromDays(2),
            TimeSpan.FromDays(2) + TimeSpan.FromSeconds(20));
        world.Store.Stock = new Ports.WindowStock(1, HasMore: true);
        for (var i = 0; i < 60; i++) await world.SecondAsync();
        Assert.InRange(world.Store.Prunings.Count, 10, 100);
    }

    [Fact]
    public async Task A_stock_above_its_bound_stops_the_recording_and_says_so_until_there_is_room()
    {
        using var world = new World(settings: RecordingSettings.Default with { MostBytes = 100 });
        world.Store.Stock = new Ports.WindowStock(101, HasMore: false);
        world.Metrics.Rate = 0;
        for (var i = 0; i < 65; i++) await world.SecondAsync();
        Assert.Contains(world.View.Warnings, w => w.Contains("no longer recorded", StringComparison.Ordinal));
        var ticks = (await TicksAsync(world)).Count;
        world.Metrics.Rate = 1000;
        await world.UntilAsync(w => w.Phase is Phase.Good);
        Assert.Equal(ticks, (await TicksAsync(world)).Count);
        world.Store.Stock = new Ports.WindowStock(99, HasMore: false);
        for (var i = 0; i < 65; i++) await world.SecondAsync();
        Assert.DoesNotContain(world.View.Warnings, w => w.Contains("no longer recorded", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Users_that_came_and_that_broke_are_those_of_the_tick()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Phase is Phase.Good);
        var ticks = await TicksAsync(world);
        Assert.All(ticks, t => Assert.Equal(1000, t.Tick.StableFlow.Sessions + t.Tick.CandidateFlow.Sessions));
        Assert.Equal([100, 500, 1000], ticks.Select(t => t.Tick.CandidateFlow.Sessions).Distinct().Order());
    }

    /// <summary>Its users were moved for a moment: the share of the candidate says nothing of the routing.</summary>
    [Fact]
    public async Task A_tick_in_which_the_breaker_limited_the_candidate_is_not_held_against_its_weight()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        for (var i = 0; i < 12; i++) await world.SecondAsync();
        var limited = world.Clock.GetUtcNow();
        world.Metrics.LimitedAt = limited;
        await world.UntilAsync(w => w.Phase is Phase.Good);

        var guessed = Assert.Single(await TicksAsync(world), t => t.Tick.IsSplitGuessed);
        Assert.InRange(limited, guessed.At - TimeSpan.FromSeconds(guessed.Tick.Seconds), guessed.At);
    }

    private static async Task<List<RecordedTick>> TicksAsync(World world)
    {
        var ticks = new List<RecordedTick>();
        foreach (var piece in await world.Store.WindowsAsync(First, 0, default))
        {
            var reader = TickReader.Open(piece)!;
            for (var number = reader.Number; reader.TryNext(out var tick); number++)
                if (number >= ticks.Count) ticks.Add(tick);
        }

        return ticks;
    }
}
