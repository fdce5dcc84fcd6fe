using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using Xunit;

namespace TrafficCtl.Control.Tests.Scenarios;

public class PathGroupsTests
{
    private static readonly PathGroups Chosen = PathGroups.Of(3, ["/orders/*", "/search"]);

    [Fact]
    public async Task The_route_groups_are_saved_with_the_decision_that_begins_step_1_and_travel_with_every_route_of_the_rollout()
    {
        using var world = new World();
        world.Metrics.Paths = Chosen;
        await world.BegunAsync();
        await world.UntilAsync(w => w.Phase is Phase.Observing { Step: 0 });
        Assert.Equal(Chosen, world.Active!.Paths);
        Assert.Equal(Chosen, world.Router.Find(World.Key)!.Paths);

        world.Metrics.Paths = PathGroups.Of(3, ["/flood"]);
        await world.UntilAsync(w => w.Phase is Phase.Observing { Step: 1 });
        Assert.Equal(Chosen, world.Active!.Paths);
        Assert.Equal(Chosen, world.Router.Find(World.Key)!.Paths);
    }

    [Fact]
    public async Task A_restart_keeps_the_route_groups()
    {
        using var world = new World();
        world.Metrics.Paths = Chosen;
        await world.BegunAsync();
        await world.UntilAsync(w => w.Phase is Phase.Observing);
        world.Metrics.Paths = PathGroups.Of(3, ["/flood"]);
        world.Restart();
        await world.UntilAsync(w => w.Phase is Phase.Observing { Step: 1 });
        Assert.Equal(Chosen, world.Active!.Paths);
        Assert.Equal(Chosen, world.Router.Find(World.Key)!.Paths);
    }

    [Fact]
    public async Task Where_paths_are_not_measured_or_stable_had_no_traffic_a_rollout_has_no_route_groups()
    {
        using var world = new World();
        world.Metrics.Paths = PathGroups.Of(3, []);
        await world.BegunAsync();
        await world.UntilAsync(w => w.Phase is Phase.Observing);
        Assert.Null(world.Active!.Paths);
        world.Metrics.Paths = Chosen;
        await world.UntilAsync(w => w.Phase is Phase.Observing { Step: 1 });
        Assert.Null(world.Active!.Paths);
    }
}
