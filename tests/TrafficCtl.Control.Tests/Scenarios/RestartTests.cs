using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Rollouts;
using Xunit;

namespace TrafficCtl.Control.Tests.Scenarios;

public sealed class RestartTests
{
    [Fact]
    public async Task A_restart_goes_on_at_the_same_step_with_the_checkpoints_evidence_and_says_what_is_lost()
    {
        using var world = new World();
        world.Metrics.Rate = 200;
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        for (var i = 0; i < 13; i++) await world.SecondAsync();
        var before = world.View.Seen!;
        Assert.NotEmpty(world.Store.CheckpointBatches);
        var state = world.Active!;

        world.Restart();
        await world.SettleAsync();

        Assert.Equal(state, world.Active);
        var after = world.View.Seen!;
        Assert.InRange(after.Evidence.Requests, 1, before.Evidence.Requests);
        var samples = (before.Judgement!.Findings[0].Candidate.Requests, after.Judgement!.Findings[0].Candidate.Requests);
        Assert.InRange(samples.Item2, 1, samples.Item1);
        Assert.InRange(world.Counts.LostWindows, 1, 10);
        Assert.Contains(world.View.Notes, n => n.Contains("a restart lost at most", StringComparison.Ordinal));
        Assert.Empty(world.View.Warnings);

        // Nothing is counted twice: what the second life adds is what flowed in it.
        for (var i = 0; i < 3; i++) await world.SecondAsync();
        Assert.Equal(after.Evidence.Requests + 60, world.View.Seen!.Evidence.Requests);
        await world.UntilAsync(w => w.Phase is Phase.Good);
        Assert.Contains(world.Store.Facts, f => f.What == "resumed");
    }

    [Fact]
    public async Task A_store_that_comes_back_after_the_first_reading_still_gives_back_all_that_it_held()
    {
        using var world = new World();
        world.Metrics.Rate = 200;
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        for (var i = 0; i < 13; i++) await world.SecondAsync();
        var before = world.View;

        world.Store.IsGone = true;
        world.Restart();
        for (var i = 0; i < 3; i++) await world.SecondAsync();
        world.Store.IsGone = false;
        var seconds = 4 + await world.UntilAsync(w => w.View.Seen is not null, 20);
        await world.SecondAsync();

        // The candidate gets 20 a second: this life's count, and all of the last one's but what came after its checkpoint.
        var least = (20 * seconds) + before.Candidate.Requests - (20 * 11);
        Assert.True(world.View.Candidate.Requests >= least, $"{world.View.Candidate.Requests} of at least {least}");
        Assert.True(world.View.Seen!.Evidence.Requests > before.Seen!.Evidence.Requests - (20 * 11));
    }

    [Fact]
    public async Task A_damaged_checkpoint_begins_the_evidence_anew_and_a_fact_says_so()
    {
        using var world = new World();
        world.Metrics.Rate = 200;
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        for (var i = 0; i < 3; i++) await world.SecondAsync();
        var record = world.Store.Find(World.Key)!;
        world.Store.Put(record with { Evidence = new byte[] { 1, 2, 3 } });
        world.Restart();
        await world.UntilAsync(w => w.Phase is Phase.Good);

        Assert.Contains(world.Store.Facts, f => f.What == "evidence-anew");
    }

    [Fact]
    public async Task What_a_rollout_learnt_of_the_services_noise_outlives_a_restart()
    {
        using var world = new World();
        world.Metrics.Rate = 2000;
        await world.UntilAsync(w => w.Phase is Phase.Good, 1000);
        var learnt = world.Store.Find(World.Key)!.Learnt;
        Assert.True(new Baseline().Learn(learnt.Span));
        world.Restart();
        await world.SettleAsync();
        Assert.Equal(learnt.ToArray(), world.Store.Find(World.Key)!.Learnt.ToArray());
    }

    [Fact]
    public async Task The_ended_rollout_is_still_known_after_a_restart()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Phase is Phase.Good);
        var newest = world.View.Newest!;
        world.Restart();
        await world.SettleAsync();
        Assert.Equal((newest.Id, newest.Candidate, newest.Phase, newest.StartedAt, newest.ChangedAt), (
            world.View.Newest!.Id, world.View.Newest.Candidate, world.View.Newest.Phase, world.View.Newest.StartedAt,
            world.View.Newest.ChangedAt));
    }

    [Fact]
    public async Task Ticks_are_folded_from_windows_and_the_running_one_is_dropped_with_its_counters()
    {
        var spec = World.Spec();
        using var world = new World(spec with { Analysis = spec.Analysis with { Tick = TimeSpan.FromSeconds(5) } });
        world.Metrics.Rate = 200;
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        for (var i = 0; i < 5; i++) await world.SecondAsync();
        Assert.Equal(100, world.View.Seen!.Judgement!.Findings[0].Candidate.Requests);

        for (var i = 0; i < 3; i++) await world.SecondAsync();
        world.Metrics.Restart();
        for (var i = 0; i < 6; i++) await world.SecondAsync();
        Assert.Equal(200, world.View.Seen!.Judgement!.Findings[0].Candidate.Requests);
    }
}
