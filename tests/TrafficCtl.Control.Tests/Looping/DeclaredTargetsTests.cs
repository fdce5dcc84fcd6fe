using System.Collections.Immutable;
using TrafficCtl.Control.Targets;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Looping;

/// <summary>Several sources declare services of one process, and each kind of target has a driver of its own.</summary>
public sealed class DeclaredTargetsTests
{
    private const string Cluster = "the cluster";

    private static readonly ClusterTarget OnCluster = new()
    {
        Namespace = "shop",
        Service = "checkout",
        Slots = [],
        Route = new("istio", "checkout", null),
        Metrics = "istio",
    };

    [Fact]
    public async Task What_one_source_declares_anew_takes_nothing_from_another()
    {
        using var world = await new World().BegunAsync();
        var other = World.Spec() with { Environment = "prod", Target = OnCluster };
        world.Loop.SetServices([other], source: Cluster);
        await world.SettleAsync();
        Assert.Equal([World.Key, other.Key], world.Views.All.Select(v => v.Key).Order());
        Assert.NotNull(world.Store.Find(other.Key));

        world.Loop.SetServices([], source: Cluster);
        await world.SettleAsync();
        Assert.Equal([World.Key], world.Views.All.Select(v => v.Key));
        Assert.NotNull(world.Active);
    }

    [Fact]
    public async Task A_target_that_two_sources_declare_stays_with_the_first_until_that_gives_it_up()
    {
        using var world = await new World().BegunAsync();
        var twin = World.Spec() with { Target = OnCluster };
        world.Loop.SetServices([twin], source: Cluster);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await world.SettleAsync();
        Assert.IsType<EmbeddedTarget>(world.View.Spec.Target);
        Assert.Contains(
            "the delivery files and the cluster both declare checkout@default: that of the delivery files is in force; "
            + "give one of them another environment or name",
            world.View.Warnings);

        world.Loop.SetServices([]);
        await world.SettleAsync();
        Assert.IsType<ClusterTarget>(world.View.Spec.Target);
        Assert.DoesNotContain(world.View.Warnings, w => w.Contains("both declare", StringComparison.Ordinal));
    }

    [Fact]
    public void A_kind_of_target_without_a_driver_is_left_alone()
    {
        var drivers =
            new TargetDrivers([new TargetFactory<EmbeddedTarget>(static () => new TargetDriver(null!, null!, [], Abilities.Embedded()))]);
        var spec = World.Spec();
        Assert.True(drivers.TryDeclare(spec));
        Assert.False(drivers.TryDeclare(spec with { Environment = "prod", Target = OnCluster }));
        Assert.NotNull(drivers.Of(spec.Key));
        Assert.Throws<KeyNotFoundException>(() => drivers.Of(spec.Key with { Environment = "prod" }));
    }

    [Fact]
    public async Task Services_that_nothing_here_can_drive_are_reported_and_the_others_go_on()
    {
        using var world = new World(kinds: services => services.AddTargetsOf<EmbeddedTarget>());
        ImmutableArray<ServiceSpec> specs = [.. world.Specs, World.Spec() with { Environment = "prod", Target = OnCluster }];
        world.Loop.SetServices(specs);
        await world.SettleAsync();
        Assert.Equal([World.Key], world.Views.All.Select(v => v.Key));
        Assert.Contains(
            "nothing in this process can drive checkout@prod (on Kubernetes): it stays as it is; start a process with the module for it",
            world.View.Warnings);
        Assert.NotNull(world.Active);
        Assert.Null(world.Store.Find(World.Key with { Environment = "prod" }));
    }
}
