using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Cluster.Faults;

/// <summary>The API server on a bad day: nothing is lost, the split stays, and afterwards the rollout goes on.</summary>
public sealed class ServerFaultTests
{
    [Fact]
    public async Task A_server_that_is_slow_makes_a_rollout_slow_and_nothing_else()
    {
        await using var stage = await FaultStage.BegunAsync();
        stage.Fault = call => call.Resource == "leases" ? null : new KubeFault.Delay(TimeSpan.FromSeconds(1.5));
        await stage.GoesOnAsync();
        await stage.GoesOnAsync();
        stage.Fault = null;
        await stage.GoesOnAsync();
    }

    [Fact]
    public async Task A_server_that_answers_429_is_left_in_peace_and_the_rollout_goes_on_after_it()
    {
        await using var stage = await FaultStage.BegunAsync();
        var (before, refused) = (stage.Weight, 0);
        stage.Fault = call =>
        {
            if (call.Resource == "leases") return null;
            Interlocked.Increment(ref refused);
            return new KubeFault.Refuse(429, "TooManyRequests", RetryAfterSeconds: 2);
        };
        var turns = stage.Guard.Turns;
        await stage.PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal((turns, before), (stage.Guard.Turns, stage.Weight));
        Assert.InRange(Volatile.Read(ref refused), 2, 200);
        stage.Fault = null;
        await stage.GoesOnAsync();
        await stage.GoesOnAsync();
    }

    public static TheoryData<string> WaysToBeGone => ["refuses connections", "answers 503", "never answers"];

    [Theory]
    [MemberData(nameof(WaysToBeGone))]
    public async Task A_server_that_is_gone_for_ten_minutes_costs_ten_minutes(string how)
    {
        await using var stage = await FaultStage.BegunAsync();
        var never = new TaskCompletionSource();
        stage.Fault = _ => how switch
        {
            "refuses connections" => new KubeFault.Drop(),
            "answers 503" => new KubeFault.Refuse(503, "ServiceUnavailable"),
            _ => new KubeFault.Hold(never.Task),
        };
        stage.Kube.DropWatches();
        var (before, turns) = (stage.Weight, stage.Guard.Turns);
        await stage.PassAsync(TimeSpan.FromMinutes(10), speed: 60);
        Assert.Equal((before, turns), (stage.Weight, stage.Guard.Turns));
        Assert.False(stage.Crew["controller-1"].IsLeading);

        stage.Fault = null;
        await stage.GoesOnAsync();
        await stage.GoesOnAsync();
    }

    [Fact]
    public async Task A_server_that_loses_every_other_answer_is_asked_what_it_did_and_does_nothing_twice()
    {
        await using var stage = await FaultStage.BegunAsync();
        var writes = 0;
        stage.Fault = call => call.IsWrite && call.Resource != "leases" && Interlocked.Increment(ref writes) % 2 == 0
            ? new KubeFault.LoseAnswer()
            : null;
        var turns = stage.Guard.Turns;
        for (var step = 0; step < 3; step++) await stage.GoesOnAsync();
        Assert.Equal(turns + 3, stage.Guard.Turns);
        stage.Fault = null;
        await stage.GoesOnAsync();
    }

    [Fact]
    public async Task Watches_that_are_silently_dead_accuse_nobody_and_hide_nothing_for_long()
    {
        await using var stage = await FaultStage.BegunAsync();
        stage.Kube.FreezeWatches();
        await stage.GoesOnAsync();
        await stage.GoesOnAsync();
        Assert.Null(stage.Crew["controller-1"].Views.Find(Keys.Of(FaultStage.Service))!.Router!.Drift);

        stage.Shop.Deploy("v3");
        stage.Clock.Speed = 60;
        await stage.UntilAsync(
            () => stage.Crew["controller-1"].Views.Find(Keys.Of(FaultStage.Service))?.Newest?.Candidate.StartsWith(
                "v3", StringComparison.Ordinal) == true,
            "v3 is noticed");
        stage.Clock.Speed = 20;
        await stage.UntilAsync(() => stage.Guard.AtStep(0) == 1, "the rollout of v3 goes on");
    }
}
