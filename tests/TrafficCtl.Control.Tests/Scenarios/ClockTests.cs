using TrafficCtl.Control.Looping;
using TrafficCtl.Control.Persistence;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Recording;
using TrafficCtl.Control.Rounds.Measuring;
using TrafficCtl.Control.Tests.Observing;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Scenarios;

/// <summary>What has to last is measured by time that really passed under control, whatever the clock on the wall says.</summary>
public sealed class ClockTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1), Hour = TimeSpan.FromHours(1);

    public static TheoryData<string, TimeSpan> Steps()
    {
        var all = new TheoryData<string, TimeSpan>();
        foreach (var at in (string[])["gate", "dwell", "holdback", "watch", "unsure"])
            foreach (var by in (TimeSpan[])[Day, -Hour]) all.Add(at, by);
        return all;
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task A_step_of_the_clock_changes_nothing_but_a_fact(string at, TimeSpan by)
    {
        var (undisturbed, _) = await PlayAsync(at, null);
        var (disturbed, world) = await PlayAsync(at, by);

        Assert.Equal(undisturbed, disturbed);
        var fact = Assert.Single(world.Store.Facts, f => f.What == "clock-jumped");
        Assert.Equal("observed", fact.Kind);
        Assert.StartsWith(
            by == Day ? "the clock of this machine went 24 h ahead" : "the clock of this machine was set back by 1 h", fact.Text,
            StringComparison.Ordinal);
        Assert.Equal(1, world.Counts.ClockJumps);
        Assert.DoesNotContain(world.Store.Facts, f => f.What is "stood-still" or "evidence-anew");
    }

    [Fact]
    public async Task A_step_of_the_clock_is_warned_of_for_ten_minutes_and_told_at_once()
    {
        using var world = new World(Spec());
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        world.Clock.Set(Day);
        await world.SecondAsync();
        Assert.Contains(world.View.Warnings, w => w.Contains("went 24 h ahead", StringComparison.Ordinal));
        Assert.Equal("clock-jumped", world.Store.Facts[^1].What);
        Assert.Contains("6 s so far", (await AfterAsync(world, seconds: 5, set: -Day)).Text, StringComparison.Ordinal);
        for (var i = 0; i < 600; i++) await world.SecondAsync();
        Assert.DoesNotContain(world.View.Warnings, w => w.Contains("clock", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(24)]
    [InlineData(-1)]
    public async Task Measurements_that_lag_behind_go_on_after_a_step_of_the_clock(int hours)
    {
        var spec = World.Spec();
        using var world = new World(
            spec with { Plan = spec.Plan with { IfUnsure = new UnsurePolicy(TimeSpan.FromSeconds(700), UnsureOutcome.Pause) } },
            source: w => new LaggingMetrics(w.Metrics, w.Clock));
        await world.UntilAsync(w => w.View.Seen?.Evidence.Requests > 0, 300);
        world.Clock.Set(TimeSpan.FromHours(hours));
        await world.UntilAsync(w => w.Phase is Phase.Good, 900);
        Assert.Single(world.Store.Facts, f => f.What == "clock-jumped");
    }

    [Fact]
    public async Task Measurements_that_stand_still_since_the_clock_was_set_back_are_no_news()
    {
        LaggingMetrics? lagging = null;
        using var world = new World(Spec(), source: w => lagging = new LaggingMetrics(w.Metrics, w.Clock));
        await world.UntilAsync(w => w.View.Seen?.Judgement is not null, 300);
        lagging!.IsGone = true;
        world.Clock.Set(-Hour);
        for (var i = 0; i < 5; i++) await world.SecondAsync();
        Assert.Null(world.View.Seen!.Judgement);
        Assert.NotNull(world.View.Seen.Unmeasured);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_restart_goes_on_with_the_time_that_was_saved_and_the_time_down_does_not_count(bool hasTraffic)
    {
        using var world = new World(Spec(dwell: 60));
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        if (!hasTraffic) world.Metrics.Rate = 0;
        for (var i = 0; i < 35; i++) await world.SecondAsync();
        var before = world.View.Elapsed;
        world.Restart(downFor: Hour);
        await world.SettleAsync();

        // A checkpoint each ten seconds: so much may be lost, and nothing is added.
        Assert.InRange(world.View.Elapsed, before - world.Store.CheckpointEvery, before);
        Assert.IsType<Phase.Observing>(world.Phase);
        world.Metrics.Rate = 1000;
        Assert.InRange(await world.UntilAsync(w => w.Active?.Phase is not Phase.Observing { Step: 0 }), 24, 36);
        Assert.Contains(world.Store.Facts, f => f.What == "resumed"
            && f.Text.Contains("the time in which no process was in control does not count", StringComparison.Ordinal));
        Assert.DoesNotContain(world.Store.Facts, f => f.What is "clock-jumped" or "stood-still" or "elapsed-anew");
    }

    [Fact]
    public async Task Any_number_of_restarts_leave_a_step_no_sooner()
    {
        using var world = new World(Spec(dwell: 60));
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        var seconds = 0;
        while (world.Active?.Phase is Phase.Observing { Step: 0 })
        {
            world.Restart(downFor: TimeSpan.FromMinutes(30));
            for (var i = 0; i < 17 && world.Active?.Phase is Phase.Observing { Step: 0 }; i++, seconds++) await world.SecondAsync();
            Assert.True(seconds < 300, "it never advances");
        }

        Assert.True(seconds >= 60, $"left after {seconds} s under control");
    }

    [Fact]
    public async Task The_time_in_which_another_process_led_does_not_count()
    {
        using var world = new World(Spec(dwell: 60));
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        for (var i = 0; i < 20; i++) await world.SecondAsync();
        using var stop = new CancellationTokenSource();
        var running = world.Loop.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => world.Clock.IsDueIn(ControlLoop.Period), "the loop waits for its next round");
        var before = world.View.Elapsed;
        await stop.CancelAsync();
        await running;

        world.Clock.Advance(Hour);
        using var again = new CancellationTokenSource();
        running = world.Loop.RunAsync(again.Token);
        await Eventually.TrueAsync(() => world.Clock.IsDueIn(ControlLoop.Period), "the loop waits for its next round again");
        Assert.Equal(before, world.View.Elapsed);
        Assert.IsType<Phase.Observing>(world.Phase);
        await again.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_process_that_stood_still_counts_a_minute_of_it_and_says_so()
    {
        using var world = new World(Spec(dwell: 120));
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        world.Clock.Advance(Hour);
        await world.SettleAsync();
        Assert.IsType<Phase.Observing>(world.Phase);
        Assert.Equal(TimeSpan.FromMinutes(1), world.View.Elapsed);
        var fact = Assert.Single(world.Store.Facts, f => f.What == "stood-still");
        Assert.Contains("59 min of it do not count", fact.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_saved_for_the_time_alone_where_nothing_has_to_last()
    {
        using var world = new World(Spec());
        world.Metrics.IsGone = true;
        for (var i = 0; i < 60; i++) await world.SecondAsync();
        Assert.IsType<Phase.Waiting>(world.Phase);
        Assert.Empty(world.Store.CheckpointBatches);
    }

    [Fact]
    public async Task A_rollout_that_was_saved_by_the_time_of_day_counts_its_present_phase_anew_and_a_fact_says_so_once()
    {
        using var world = new World(Spec(dwell: 30));
        world.Metrics.Rate = 200;
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        for (var i = 0; i < 25; i++) await world.SecondAsync();
        var record = world.Store.Find(World.Key)!;
        world.Store.Put(record with { Active = Former(record.Active!), Evidence = Former(record.Evidence) });
        world.Restart();
        await world.SettleAsync();

        Assert.Equal(TimeSpan.Zero, world.View.Elapsed);
        Assert.Equal(["elapsed-anew", "resumed"], world.Store.Facts.TakeLast(2).Select(f => f.What));
        Assert.Equal(TimeSpan.Zero, world.Active!.ChangedAfter);
        Assert.DoesNotContain(world.Store.Facts, f => f.What == "evidence-anew");
        for (var i = 0; i < 15; i++) await world.SecondAsync();
        world.Restart();
        Assert.InRange(15 + await world.UntilAsync(w => w.Active?.Phase is not Phase.Observing { Step: 0 }), 30, 40);
        Assert.Single(world.Store.Facts, f => f.What == "elapsed-anew");
    }

    [Fact]
    public async Task Another_writers_elapsed_time_is_taken_over_with_its_state()
    {
        using var world = new World(Spec(dwell: 60));
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        for (var i = 0; i < 20; i++) await world.SecondAsync();
        var record = world.Store.Find(World.Key)!;
        var other = record.Active! with { Generation = record.Generation + 5, ChangedAfter = TimeSpan.FromSeconds(3) };
        world.Store.Put(record with { Active = other, Generation = other.Generation, Evidence = default });
        await world.Store.RecordWishAsync(new Wish(0, Keys.Of(World.Service), WishKind.Pause, null, "ann", "", "a test", default), default);
        world.Loop.Wake(World.Key);
        await world.UntilAsync(w => w.Counts.StaleWrites > 0);
        await world.SecondAsync();
        Assert.Equal(TimeSpan.FromSeconds(3), world.View.Elapsed);
    }

    [Fact]
    public async Task A_clock_that_was_set_ahead_costs_no_recordings_for_an_hour()
    {
        using var world = new World(Spec(), new RecordingSettings(TimeSpan.FromDays(7), 1 << 20));
        await world.UntilAsync(w => w.Store.Prunings.Count > 0);
        world.Clock.Set(TimeSpan.FromDays(3650));
        await world.SecondAsync();
        var set = world.Store.Prunings.Count;
        await world.UntilAsync(w => w.Store.Prunings.Count == set + 58, 3600);
        Assert.All(world.Store.Prunings.Skip(set), p => Assert.Equal(DateTimeOffset.UnixEpoch, p.Before));
        await world.UntilAsync(w => w.Store.Prunings[^1].Before > DateTimeOffset.UnixEpoch, 200);
        Assert.Equal(world.Clock.GetUtcNow() - TimeSpan.FromDays(7), world.Store.Prunings[^1].Before);
    }

    /// <summary>What was decided, and in which second.</summary>
    private static async Task<(List<(string What, int Second)> Decided, World World)> PlayAsync(string at, TimeSpan? by)
    {
        var gate = new Alerts();
        var world = new World(Spec(gate: at == "gate"), gate: gate);
        if (at == "unsure") world.Metrics.Rate = 5;
        var (decided, seenFor) = (new List<(string, int)>(), 0);
        for (var second = 0; second < 200; second++)
        {
            gate.IsOpen = second >= 20;
            await world.SecondAsync();
            foreach (var fact in world.Store.Facts.Where(f => f.Kind == "decided").Skip(decided.Count)) decided.Add((fact.What, second));
            if (IsThere(at, world) && ++seenFor == 7 && by is { } jump) world.Clock.Set(jump);
        }

        Assert.True(seenFor >= 7, $"{at} was never reached");
        return (decided, world);
    }

    private static bool IsThere(string at, World world) => (at, world.Active?.Phase) switch
    {
        ("gate", Phase.Waiting) or ("watch", Phase.Baking) => true,
        ("dwell" or "unsure", Phase.Observing { Step: 0 }) => true,
        ("holdback", Phase.Observing { Step: 1 }) => true,
        _ => false,
    };

    private static async Task<Fact> AfterAsync(World world, int seconds, TimeSpan set)
    {
        for (var i = 0; i < seconds - 1; i++) await world.SecondAsync();
        world.Clock.Set(set);
        await world.SecondAsync();
        return world.Store.Facts[^1];
    }

    private static ServiceSpec Spec(int dwell = 20, bool gate = false)
    {
        var spec = World.Spec();
        return spec with
        {
            Needs = gate ? [QuietGate.Alerts] : [],
            Plan = new Plan
            {
                Steps =
                [
                    new Step(null, Weights.OfCandidate(2000), TimeSpan.FromSeconds(dwell), new MinimumEvidence(1000, 0)),
                    new Step(null, Plan.HoldbackWeights, TimeSpan.FromSeconds(30), new MinimumEvidence(1000, 0), IsHoldback: true),
                ],
                Watch = TimeSpan.FromSeconds(25),
                IfUnsure = new UnsurePolicy(TimeSpan.FromSeconds(150), UnsureOutcome.Pause),
            },
        };
    }

    /// <summary>As the version before wrote it, which knew the time of day alone.</summary>
    private static RolloutState Former(RolloutState state)
    {
        var json = RolloutJson.Write(state);
        foreach (var member in (string[])["from", "unsureFrom", "changedAfter"])
            json = System.Text.RegularExpressions.Regex.Replace(json, $",\"{member}\":\"[^\"]*\"", "");
        Assert.DoesNotContain("rom\":", json, StringComparison.Ordinal);
        return RolloutJson.ReadState(json);
    }

    private static ReadOnlyMemory<byte> Former(ReadOnlyMemory<byte> evidence)
    {
        Assert.NotNull(EvidenceBytes.ElapsedOf(evidence.Span));
        byte[] former = [2, .. evidence.Span[9..]];
        Assert.Null(EvidenceBytes.ElapsedOf(former));
        return former;
    }

    private sealed class Alerts : IGateSource
    {
        public bool IsOpen { get; set; }

        public bool Answers(Gate gate) => gate == QuietGate.Alerts;

        public ValueTask<GateAnswer> AskAsync(Gate gate, ServiceSpec service, CancellationToken stop) =>
            ValueTask.FromResult<GateAnswer>(IsOpen ? new GateAnswer.Open("none fires") : new GateAnswer.Closed("one fires"));
    }
}
