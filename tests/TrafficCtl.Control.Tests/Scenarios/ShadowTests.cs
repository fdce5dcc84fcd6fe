using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Scenarios;

public sealed class ShadowTests
{
    [Fact]
    public async Task A_good_version_has_copies_first_and_then_users()
    {
        using var world = new World(Spec());
        await world.UntilAsync(w => w.Phase is Phase.Good);

        Assert.Equal(["0 %", "0 %, shadow 10 %", "10 %", "50 %", "100 %", "0 %"], Exposures(world));
        Assert.All(world.Store.Facts, f => Assert.NotEqual("evidence-anew", f.What));
        Assert.Contains(world.Store.Facts, f => f.Text.Contains("mirrored requests", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_bad_version_is_rolled_back_by_copies_alone_before_a_user_meets_it()
    {
        using var world = new World(Spec());
        world.Metrics.Candidate = new ArmScript(ErrorRatio: 0.5);
        await world.UntilAsync(w => w.Phase is Phase.RolledBack);

        Assert.Equal(["0 %", "0 %, shadow 10 %", "0 %"], Exposures(world));
        Assert.Contains("v2 failed at a 10 % shadow: ", world.Store.Facts.First(f => f.What == "rollback").Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Copies_that_nobody_counts_tell_nothing_and_hold_only_where_some_are_asked_for()
    {
        using (var world = new World(Spec()))
        {
            world.Metrics.CountsCopies = false;
            await world.UntilAsync(w => w.Phase is Phase.Good);
            Assert.Contains(world.Store.Facts, f => f.What == "advance"
                && f.Text.Contains("advances to 10 %", StringComparison.Ordinal)
                && f.Text.Contains(" 0 mirrored requests", StringComparison.Ordinal));
        }

        using var asking = new World(Spec(new MinimumEvidence(100, 0)));
        asking.Metrics.CountsCopies = false;
        await asking.UntilAsync(w => w.Phase is Phase.Paused);
        Assert.Contains("no request was served", Assert.IsType<Phase.Paused>(asking.Phase).Why, StringComparison.Ordinal);
        Assert.Equal("0 %, shadow 10 %", asking.Router.Find(World.Service)!.Exposure.ToString());
    }

    [Fact]
    public async Task A_shadow_goes_on_after_a_restart()
    {
        using var world = new World(Spec(new MinimumEvidence(1000, 0)));
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing { Step: 0 });
        world.Restart();
        await world.UntilAsync(w => w.Phase is Phase.Good);
        Assert.Equal(["0 %", "0 %, shadow 10 %", "10 %", "50 %", "100 %", "0 %"], Exposures(world));
    }

    private static ServiceSpec Spec(MinimumEvidence least = default)
    {
        var spec = World.Spec();
        var shadow = new Step(null, Weights.AllStable, TimeSpan.FromSeconds(5), least) { Shadow = Weights.OfCandidate(1000) };
        return spec with { Plan = spec.Plan with { Steps = [shadow, .. spec.Plan.Steps] } };
    }

    private static List<string> Exposures(World world)
    {
        var all = new List<string>();
        foreach (var route in world.Router.History)
            if (all.Count == 0 || all[^1] != route.Exposure.ToString()) all.Add(route.Exposure.ToString());
        return all;
    }
}
