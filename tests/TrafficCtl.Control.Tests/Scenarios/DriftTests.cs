using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using Xunit;

namespace TrafficCtl.Control.Tests.Scenarios;

public sealed class DriftTests
{
    private const string Words = "weights of VirtualService shop/checkout changed from 90/10 to 100/0 by kubectl-edit (Update)";

    [Fact]
    public async Task A_person_who_takes_the_candidates_traffic_away_has_aborted_it()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        world.Router.Drift = Of(DriftAnswer.Abort);
        await world.UntilAsync(w => w.Phase is Phase.Aborted);

        var fact = Assert.Single(world.Store.Facts, f => f.Kind == "ordered");
        Assert.StartsWith("kubectl-edit (Update) asked to abort from the routing object", fact.Text, StringComparison.Ordinal);
        Assert.Contains(Words, fact.Text, StringComparison.Ordinal);
        Assert.Contains(world.Store.Facts, f => f is { Kind: "observed", What: "drifted" });
    }

    [Fact]
    public async Task A_drift_pauses_once_so_that_a_resume_is_not_paused_again()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        world.Router.Drift = Of(DriftAnswer.Pause);
        await world.UntilAsync(w => w.Phase is Phase.Paused);
        Assert.Contains(Words, world.View.Warnings);
        for (var i = 0; i < 3; i++) await world.SecondAsync();
        Assert.Equal(0, world.Router.Settlements);

        await world.AskAsync(WishKind.Resume);
        for (var i = 0; i < 5; i++) await world.SecondAsync();
        Assert.IsNotType<Phase.Paused>(world.Phase);
        Assert.Equal(2, world.Store.AnsweredWishes.Count);
        Assert.Equal(1, world.Router.Settlements);
    }

    [Fact]
    public async Task A_drift_while_the_store_is_gone_is_answered_when_it_is_back()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        (world.Store.IsGone, world.Router.Drift) = (true, Of(DriftAnswer.Abort));
        for (var i = 0; i < 3; i++) await world.SecondAsync();
        world.Store.IsGone = false;
        await world.UntilAsync(w => w.Phase is Phase.Aborted);
    }

    [Fact]
    public async Task A_corrected_drift_is_told_and_nothing_is_asked_for()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        world.Router.Drift = Of(DriftAnswer.Correct);
        await world.UntilAsync(w => w.Phase is Phase.Good);
        Assert.Empty(world.Store.AnsweredWishes);
        Assert.Single(world.Store.Facts, f => f.What == "drifted");
    }

    [Theory]
    [InlineData(DriftAnswer.Correct)]
    [InlineData(DriftAnswer.Adopt)]
    public async Task A_drift_is_told_when_it_is_seen_and_not_with_the_next_decision(DriftAnswer answer)
    {
        var spec = World.Spec();
        var step = spec.Plan.Steps[0] with { Dwell = TimeSpan.FromHours(1) };
        using var world = new World(spec with { Plan = spec.Plan with { Steps = [step] } });
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        await world.SecondAsync();
        var decisions = world.Store.Facts.Count(f => f.Kind == "decided");
        world.Router.Drift = Of(answer);
        await world.SecondAsync();
        Assert.Single(world.Store.Facts, f => f.What == "drifted");
        Assert.Equal(decisions, world.Store.Facts.Count(f => f.Kind == "decided"));
    }

    [Fact]
    public async Task An_adopted_drift_is_told_and_the_rollout_goes_on()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        world.Router.Drift = Of(DriftAnswer.Adopt);
        await world.UntilAsync(w => w.Phase is Phase.Good);
        Assert.Equal(0, world.Router.Settlements);
    }

    [Fact]
    public async Task A_drift_without_a_rollout_is_told_at_once_and_a_resume_settles_it()
    {
        using var world = new World(World.Spec("v1", "v1"));
        await world.UntilAsync(w => w.Router.Find(World.Service) is not null);
        world.Router.Drift = Of(DriftAnswer.Pause);
        for (var i = 0; i < 3; i++) await world.SecondAsync();
        var fact = Assert.Single(world.Store.Facts, f => f.What == "drifted");
        Assert.Equal((null, "observed", Words), (fact.RolloutId, fact.Kind, fact.Text));
        Assert.Contains(Words, world.View.Warnings);
        Assert.Equal(0, world.Router.Settlements);

        var outcome = await world.AskAsync(WishKind.Resume);
        Assert.Equal((true, "the split is written again: everything goes to v1"), (outcome!.Accepted, outcome.Answer));
        await world.SecondAsync();
        Assert.Equal(1, world.Router.Settlements);
        Assert.Single(world.Store.Facts, f => f.What == "drifted");
    }

    [Fact]
    public async Task A_resume_with_neither_a_rollout_nor_a_drift_is_refused()
    {
        using var world = new World(World.Spec("v1", "v1"));
        await world.UntilAsync(w => w.Router.Find(World.Service) is not null);
        Assert.False((await world.AskAsync(WishKind.Resume))!.Accepted);
        Assert.Equal(0, world.Router.Settlements);
    }

    [Fact]
    public async Task What_the_router_warns_of_is_said_with_the_service()
    {
        using var world = new World();
        const string Warned = "ServiceProfile shop/checkout exists, so the weights have no effect";
        world.Router.Warning = Warned;
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        Assert.Contains(Warned, world.View.Warnings);
        world.Router.Warning = null;
        await world.UntilAsync(w => w.Phase is Phase.Good);
        Assert.DoesNotContain(Warned, world.View.Warnings);
    }

    private static Drift Of(DriftAnswer answer) => new(Weights.AllStable, "kubectl-edit (Update)", null, answer, Words);
}
