using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Rollouts;
using Xunit;

namespace TrafficCtl.Control.Tests.Promoting;

public sealed class PromotionGatesTests
{
    private static readonly EntryGate Verify = EntryGate.Of(
        "verify", new VerifyGate(new Verification.Run("./smoke.sh", [], "/"), VerifyGate.DefaultTimeout));

    [Fact]
    public async Task A_verification_that_passes_opens_the_next_environment_and_is_asked_once()
    {
        using var world = new PipelineWorld(Specs.Three(e => e.Name == "test" ? e with { Verify = [Verify] } : e));
        var answer = new TaskCompletionSource<GateAnswer>();
        world.Questions.Answer = _ => answer.Task.IsCompleted ? answer.Task.Result : new GateAnswer.Unknown("it runs");
        var v1 = await world.PublishAsync("v1");
        await world.WaitAsync(20);
        Assert.False(world.IsGood("test", v1));
        answer.SetResult(new GateAnswer.Open("exit code 0"));
        await world.UntilAsync(w => w.IsGood("prod", v1));
        Assert.Single(world.Questions.Begun);
        var fact = Assert.Single(world.Facts.OfType<PromotionFact.GateAnswered>());
        Assert.Equal((GateVerdict.Passed, true, "exit code 0"), (fact.Verdict, fact.IsVerification, fact.Stamp.Why));
    }

    [Fact]
    public async Task A_verification_that_fails_goes_back_to_the_last_good_and_vetoes_what_follows()
    {
        using var world = await VetoTests.WithFirstAsync(
            new PipelineWorld(Specs.Three(e => e.Name == "test" ? e with { Verify = [Verify] } : e)));
        world.Questions.Answer = q => q.Bundle.Name == "v2" ? new GateAnswer.Failed("exit code 1") : new GateAnswer.Open("exit code 0");
        var v2 = await world.PublishAsync("v2");
        await world.UntilAsync(w => w.Facts.OfType<PromotionFact.Vetoed>().Any(f => f.Bundle == v2));
        await world.UntilAsync(w => w.Serving("test") == "v1", 20);
        await world.WaitAsync(20);
        Assert.Equal(("v1", "v1"), (world.Serving("test"), world.Serving("staging")));
        Assert.Equal(["v1"], world.Runtime.Running(PipelineWorld.Key("test")));
    }

    [Fact]
    public async Task A_daemon_that_ends_while_a_verification_runs_asks_a_new_question()
    {
        using var world = new PipelineWorld(Specs.Three(e => e.Name == "test" ? e with { Verify = [Verify] } : e));
        world.Questions.Answer = _ => new GateAnswer.Unknown("it runs");
        var v1 = await world.PublishAsync("v1");
        await world.UntilAsync(w => w.Questions.Begun.Count == 1);
        world.Restart();
        world.Questions.Answer = _ => new GateAnswer.Open("exit code 0");
        await world.UntilAsync(w => w.IsGood("prod", v1));
        Assert.Equal(2, world.Questions.Begun.Distinct().Count());
        Assert.Equal(2, world.Questions.Begun.Count);
        Assert.Contains(world.Facts.OfType<PromotionFact.GateAnswered>(), f => f.Verdict == GateVerdict.Errored);
    }

    [Fact]
    public async Task Alerts_keep_a_version_out_until_they_are_quiet_and_pause_its_rollout_when_they_fire()
    {
        var quiet = EntryGate.Of("alerts", QuietGate.Alerts);
        using var world = new PipelineWorld(Specs.Three(e => e.Name == "staging" ? e with { Needs = [quiet] } : e));
        world.Questions.Alerts = new GateAnswer.Closed("HighErrorRate is firing");
        var v1 = await world.PublishAsync("v1");
        await world.UntilAsync(w => w.IsGood("test", v1));
        await world.WaitAsync(10);
        Assert.Null(world.Serving("staging"));
        world.Questions.Alerts = new GateAnswer.Open("no alert is firing");
        await world.UntilAsync(w => w.IsGood("prod", v1));

        var v2 = await world.PublishAsync("v2");
        await world.UntilAsync(w => w.Store.Find(PipelineWorld.Key("staging"))?.Active is { Phase: Phase.Observing { Step: 0 } });
        world.Questions.Alerts = new GateAnswer.Closed("HighErrorRate is firing");
        await world.WaitAsync(20);
        Assert.IsType<Phase.Observing>(world.Store.Find(PipelineWorld.Key("staging"))!.Active!.Phase);
        world.Questions.Alerts = new GateAnswer.Open("no alert is firing");
        await world.UntilAsync(w => w.IsGood("prod", v2));
    }

    [Fact]
    public async Task A_soak_counts_time_and_requests_at_a_hundred_percent()
    {
        var soak = EntryGate.Of("soak", new SoakGate("staging", TimeSpan.FromSeconds(30), 20_000));
        using var world = new PipelineWorld(Specs.Three(e => e.Name == "prod" ? e with { Needs = [soak] } : e));
        var v1 = await world.PublishAsync("v1");
        await world.UntilAsync(w => w.IsGood("staging", v1));
        var seconds = await world.UntilAsync(w => w.IsGood("prod", v1));
        Assert.InRange(seconds, 25, 60);
        Assert.NotEmpty(world.Facts.OfType<PromotionFact.RequestsServed>());
    }
}
