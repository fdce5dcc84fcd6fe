using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Replaying;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Replaying;

/// <summary>What another analysis would have made of a rollout, as far as it was measured.</summary>
public sealed class ReplayerTests
{
    private static readonly Analysis Live = World.Spec().Analysis;

    [Fact]
    public async Task A_stricter_analysis_would_have_held_and_says_when_the_step_passes_on_what_followed()
    {
        var spec = World.Spec();
        var steps = spec.Plan.Steps;
        using var world =
            new World(spec with { Plan = spec.Plan with { Steps = steps.SetItem(1, steps[1] with { Dwell = TimeSpan.FromSeconds(60) }) } });
        world.Metrics.Rate = 400;
        world.Metrics.Stable = world.Metrics.Candidate = new ArmScript(ErrorRatio: 0.01, Slowdown: 1);
        await world.UntilAsync(w => w.Phase is Phase.Good);
        var replayed = await ReplayAsync(world, Live with { Errors = new ErrorTolerance(0.004) });

        Assert.Equal(ReplayWord.Promoted, replayed.Recorded!.Word);
        Assert.True(replayed.IsChanged);
        var again = replayed.Again!;
        Assert.Equal((ReplayWord.Held, 0), (again.Word, again.Step));
        Assert.Equal(replayed.Steps[0].EndedAt, again.At);
        Assert.InRange(again.PassesAfter!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        Assert.Equal(again.PassesAfter, replayed.Difference);
        Assert.Contains("not yet shown", again.Why, StringComparison.Ordinal);
        Assert.Equal((Verdict.Pass, Verdict.Unsure), (replayed.Steps[0].Recorded, replayed.Steps[0].Again));
        Assert.Null(replayed.Steps[0].AgainSince);
    }

    [Fact]
    public async Task A_looser_analysis_would_have_promoted_too_and_its_passes_were_there_sooner()
    {
        var spec = World.Spec();
        using var world = new World(spec with { Analysis = Live with { Errors = new ErrorTolerance(0.01) } });
        world.Metrics.Rate = 400;
        world.Metrics.Stable = world.Metrics.Candidate = new ArmScript(ErrorRatio: 0.01, Slowdown: 1);
        await world.UntilAsync(w => w.Phase is Phase.Good);
        var replayed = await ReplayAsync(world, Live with { Errors = new ErrorTolerance(0.2), Latency = new LatencyTolerance(0.99, 1) });
        Assert.Equal((ReplayWord.Promoted, false), (replayed.Again!.Word, replayed.IsChanged));
        Assert.True(replayed.Difference < TimeSpan.Zero);
        Assert.All(replayed.Steps, s => Assert.True(s.NeededPass && s.AgainSince <= s.RecordedSince));
        Assert.Empty(replayed.Notes);
    }

    [Fact]
    public async Task An_advisory_signal_would_not_have_rolled_back_and_nothing_is_said_of_what_was_never_measured()
    {
        using var world = new World();
        world.Metrics.Stable = new ArmScript(Slowdown: 1);
        world.Metrics.Candidate = new ArmScript(Slowdown: 2);
        await world.UntilAsync(w => w.Phase is Phase.RolledBack);
        var same = await ReplayAsync(world, null);
        Assert.Equal(ReplayWord.RolledBack, same.Recorded!.Word);
        Assert.StartsWith("latency", same.Recorded.Signal, StringComparison.Ordinal);
        Assert.Equal((same.Recorded, TimeSpan.Zero), (same.Again, same.Difference));

        var replayed = await ReplayAsync(world, Live with { Latency = Live.Latency with { Then = Consequence.Hold } });
        Assert.Equal((ReplayWord.Held, true), (replayed.Again!.Word, replayed.IsChanged));
        Assert.True(replayed.Again.At >= replayed.Recorded!.At, "unsure where the recording ends");
        Assert.Null(replayed.Difference);
    }

    [Fact]
    public async Task A_stricter_analysis_would_have_rolled_back_sooner()
    {
        using var world = new World();
        world.Metrics.Rate = 200;
        world.Metrics.Stable = new ArmScript(Slowdown: 1);
        world.Metrics.Candidate = new ArmScript(Slowdown: 1.45);
        await world.UntilAsync(w => w.Phase is Phase.RolledBack);
        var replayed = await ReplayAsync(world, Live with { Latency = Live.Latency with { WorseBy = 0.1 } });
        Assert.Equal((ReplayWord.RolledBack, ReplayWord.RolledBack), (replayed.Recorded!.Word, replayed.Again!.Word));
        Assert.True(replayed.Difference < TimeSpan.Zero);
    }

    [Fact]
    public async Task A_step_that_a_person_promoted_past_the_judge_is_passed_by_the_replay_too_and_it_says_so()
    {
        using var world = new World();
        world.Metrics.Rate = 20;
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing { Step: 0 });
        for (var i = 0; i < 4; i++) await world.SecondAsync();
        Assert.True((await world.AskAsync(WishKind.Promote))!.Accepted);
        world.Metrics.Rate = 2000;
        await world.UntilAsync(w => w.Phase is Phase.Good);
        var replayed = await ReplayAsync(world, Live with { Errors = new ErrorTolerance(0.06) });
        Assert.Equal(
            (Verdict.Unsure, ReplayWord.Promoted, ReplayWord.Promoted),
            (replayed.Steps[0].Recorded, replayed.Recorded!.Word, replayed.Again!.Word));
        Assert.Contains(replayed.Notes, n => n.Contains("step 1 was left without a pass", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_rollout_that_goes_on_is_judged_up_to_now()
    {
        using var world = new World();
        world.Metrics.Rate = 50;
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing { Step: 0 });
        for (var i = 0; i < 25; i++) await world.SecondAsync();
        var replayed = await ReplayAsync(world, Live);
        Assert.Equal((ReplayWord.Held, 0, false), (replayed.Again!.Word, replayed.Again.Step, replayed.IsChanged));
    }

    [Fact]
    public async Task What_is_missing_or_damaged_is_said_and_a_recording_without_its_beginning_is_not_judged()
    {
        using var world = new World();
        world.Metrics.Rate = 200;
        await world.UntilAsync(w => w.Phase is Phase.Good);
        var recording = Assert.Single(await world.Store.RecordingsAsync(new RecordingQuery(), default));
        var pieces = await world.Store.WindowsAsync(recording.State.Id, 0, default);
        Assert.InRange(pieces.Length, 3, 1000);

        var gap = await Replayer.ReplayAsync(new Kept(world.Store, pieces.RemoveAt(1)), recording, null, default);
        Assert.True(gap is { IsJudged: true, Missing: > 0, Differing: > 0 });
        Assert.Contains(gap.Notes, n => n.Contains("incomplete", StringComparison.Ordinal));

        var damaged = pieces[1].ToArray();
        damaged[^1]++;
        var broken = await Replayer.ReplayAsync(new Kept(world.Store, pieces.SetItem(1, damaged)), recording, null, default);
        Assert.Contains("1 pieces of the recording are damaged", broken.Notes);

        foreach (var rest in (ImmutableArray<ReadOnlyMemory<byte>>[])[pieces.RemoveAt(0), pieces.SetItem(0, new byte[] { 1, 2, 3 }), []])
        {
            var headless = await Replayer.ReplayAsync(new Kept(world.Store, rest), recording, null, default);
            Assert.False(headless.IsJudged);
            Assert.StartsWith("cannot be judged again", Assert.Single(headless.Notes), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Tolerances_that_changed_on_the_way_begin_anew_under_the_recorded_ones_and_not_under_one_that_is_asked_for()
    {
        using var world = new World();
        world.Metrics.Rate = 200;
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        for (var i = 0; i < 5; i++) await world.SecondAsync();
        world.Specs = [world.Specs[0] with { Analysis = Live with { Errors = new ErrorTolerance(0.04) } }];
        world.Loop.SetServices(world.Specs);
        await world.UntilAsync(w => w.Phase is Phase.Good);
        var same = await ReplayAsync(world, null);
        Assert.Equal((0, 0L), (same.Differing, same.Missing));
        var under = await ReplayAsync(world, Live with { Errors = new ErrorTolerance(0.04) });
        Assert.True(under.Difference < TimeSpan.Zero, "it would have had the evidence of before too");
    }

    [Fact]
    public async Task A_metric_that_was_not_recorded_and_other_ticks_are_noted()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Phase is Phase.Good);
        var replayed = await ReplayAsync(
            world, Live with { Tick = TimeSpan.FromSeconds(5), Metrics = [new MetricTolerance("orders", Direction.Higher, 0.1)] });
        Assert.Contains(replayed.Notes, n => n.StartsWith("orders was not recorded", StringComparison.Ordinal));
        Assert.Contains(replayed.Notes, n => n.Contains("1 s long as recorded, not 5 s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_not_asked_to_be_otherwise_follows_the_record_also_where_it_changed_on_the_way()
    {
        using var world = new World();
        world.Metrics.Rate = 200;
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        for (var i = 0; i < 5; i++) await world.SecondAsync();
        world.Specs = [world.Specs[0] with { Analysis = Live with { Errors = new ErrorTolerance(0.04) } }];
        world.Loop.SetServices(world.Specs);
        await world.UntilAsync(w => w.Phase is Phase.Good);
        var errors = new List<double>();
        var under = await ReplayOverAsync(world, recorded =>
        {
            errors.Add(recorded.Errors.WorseBy);
            return recorded with { LatencyWarmUp = recorded.LatencyWarmUp };
        });
        Assert.Equal([Live.Errors.WorseBy, 0.04], errors);
        Assert.Equal((TimeSpan.Zero, false), (under.Difference, under.IsChanged));
        Assert.Equal(under.Steps.Select(s => s.RecordedSince), under.Steps.Select(s => s.AgainSince));
    }

    [Fact]
    public async Task Nothing_is_noted_of_ticks_that_nobody_asked_to_be_otherwise()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Phase is Phase.Good);
        Assert.Empty((await ReplayOverAsync(world, recorded => recorded with { Errors = new ErrorTolerance(0.2) })).Notes);
    }

    private static Task<Replayed> ReplayAsync(World world, Analysis? under) => ReplayOverAsync(world, under is null ? null : _ => under);

    private static async Task<Replayed> ReplayOverAsync(World world, Func<Analysis, Analysis>? under) =>
        await Replayer.ReplayAsync(
            world.Store, Assert.Single(await world.Store.RecordingsAsync(new RecordingQuery(), default)), under, default);

    /// <summary>The same history, with other pieces.</summary>
    private sealed class Kept(IHistory history, ImmutableArray<ReadOnlyMemory<byte>> pieces) : IHistory
    {
        public ValueTask<ImmutableArray<Fact>> FactsAsync(FactQuery query, CancellationToken stop) => history.FactsAsync(query, stop);

        public ValueTask<ImmutableArray<RecordedRollout>> RecordingsAsync(RecordingQuery query, CancellationToken stop) =>
            history.RecordingsAsync(query, stop);

        public ValueTask<ImmutableArray<ReadOnlyMemory<byte>>> WindowsAsync(string rolloutId, long from, CancellationToken stop) =>
            ValueTask.FromResult(pieces);
    }
}
