using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Scenarios;

public sealed class WholeRolloutTests
{
    [Fact]
    public async Task A_good_version_goes_step_by_step_to_good_and_becomes_stable()
    {
        using var world = new World();
        await world.UntilAsync(w => w.Phase is Phase.Good);

        var shares = world.Router.History.Select(r => r.Exposure.General.Candidate).Distinct();
        Assert.Equal([0, 1000, 5000, 10_000, 0], world.Router.History
            .Select(r => r.Exposure.General.Candidate)
            .Aggregate(new List<int>(), Collapse));
        Assert.Equal([0, 1000, 5000, 10_000], shares);
        Assert.Equal(
            ServiceRoute.Idle(Keys.Of(World.Service), world.Store.Find(World.Key)!.Generation, "v2"), world.Router.Find(World.Service));
        Assert.Equal("v2", world.Store.Find(World.Key)!.LastGood);
        Assert.Null(world.Active);
        Assert.Equal(
            ["born", "start", "advance", "observe", "advance", "observe", "advance", "promote", "good"],
            world.Store.Facts.Select(f => f.What));
    }

    [Fact]
    public async Task A_bad_version_is_rolled_back_and_does_not_start_again()
    {
        using var world = new World();
        world.Metrics.Candidate = new ArmScript(ErrorRatio: 0.2);
        await world.UntilAsync(w => w.Phase is Phase.RolledBack);
        for (var i = 0; i < 10; i++) await world.SecondAsync();

        Assert.Equal(RollbackCause.Verdict, Assert.IsType<Phase.RolledBack>(world.Phase).Cause);
        Assert.Equal(
            ServiceRoute.Idle(Keys.Of(World.Service), world.Store.Find(World.Key)!.Generation, "v1"), world.Router.Find(World.Service));
        Assert.Equal(1000, world.Router.History.Max(r => r.Exposure.General.Candidate));
        Assert.Equal(1, world.Store.Find(World.Key)!.LastNumber);
        var why = world.Store.Facts.First(f => f.What == "rollback");
        Assert.Contains("errors", why.Text, StringComparison.Ordinal);
        Assert.NotNull(TrafficCtl.Control.Persistence.RolloutJson.ReadFact(why.Data).Judgement);
    }

    private static List<int> Collapse(List<int> all, int next)
    {
        if (all.Count == 0 || all[^1] != next) all.Add(next);
        return all;
    }
}
