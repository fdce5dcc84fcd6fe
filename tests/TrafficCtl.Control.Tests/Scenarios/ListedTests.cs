using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using Xunit;

namespace TrafficCtl.Control.Tests.Scenarios;

/// <summary>Versions that leave the file while they matter.</summary>
public sealed class ListedTests
{
    [Fact]
    public async Task A_candidate_that_is_unlisted_before_its_first_step_ends_after_a_minute_and_one_that_comes_back_goes_on()
    {
        using var world = new World();
        // Nothing is measured, so it waits before its first step.
        world.Metrics.IsGone = true;
        await world.UntilAsync(w => w.Active?.Phase is Phase.Waiting);
        List(world, "v1");
        for (var i = 0; i < 50; i++) await world.SecondAsync();
        List(world, "v1", "v2");
        await world.SecondAsync();
        List(world, "v1");
        for (var i = 0; i < 50; i++) await world.SecondAsync();
        Assert.IsType<Phase.Waiting>(world.Active!.Phase);

        await world.UntilAsync(w => w.Active is null, seconds: 15);
        var ended = Assert.IsType<Phase.Superseded>(world.Phase);
        Assert.StartsWith("v1: v2 is no longer in the file", ended.By, StringComparison.Ordinal);
        Assert.Contains(
            world.Store.Facts, f => f.What == "withdraw" && f.Text.Contains("no request has gone to it", StringComparison.Ordinal));
        Assert.Equal("v1", world.Store.Find(World.Key)!.LastGood);
    }

    [Fact]
    public async Task A_version_that_serves_without_being_listed_is_told_and_begins_nothing()
    {
        var spec = World.Spec("v2", "v2");
        using var world = new World(
            spec with { Versions = [new VersionSpec("v1", [new Uri("http://v1.local")]) { IsRetained = true }, .. spec.Versions] });
        world.Store.Put(new ServiceRecord(
            World.Key, "v1", 0, 3, [new TriedVersion("v2", spec.Versions[0].Fingerprint, Trial.PassedOver)], null, default));
        await world.SecondAsync();
        Assert.Null(world.Active);
        Assert.Equal("v1", world.Router.Find(World.Service)!.Stable);
        Assert.Contains(world.View.Warnings, w => w.StartsWith(
            "v1 serves and is not in the file: it goes on at its last known endpoints (http://v1.local)", StringComparison.Ordinal));

        Assert.True((await world.AskAsync(WishKind.Publish, "v2"))!.Accepted);
        await world.UntilAsync(w => w.Phase is Phase.Good);
        // What served before is not taken in again by itself.
        for (var i = 0; i < 5; i++) await world.SecondAsync();
        Assert.Null(world.Active);
        Assert.Empty(world.View.Warnings);
    }

    [Fact]
    public async Task A_version_that_made_way_for_another_has_not_failed_and_starts_again_when_it_is_wanted_again()
    {
        using var world = new World(Behind("v1", "v2"));
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing { Step: 0 });

        // The slot's template is v3 now: no endpoint of v2 is left, and its rollout makes way.
        Replace(world, "v1", "v3");
        await world.UntilAsync(w => w.Active is { Candidate: "v3" }, seconds: 5);
        Assert.Contains(
            world.Store.Facts, f => f.What == "supersede" && f.Text.Contains("v3 supersedes v2 at 10 %", StringComparison.Ordinal));
        Assert.DoesNotContain(world.Store.Facts, f => f.What is "rollback");

        Replace(world, "v1", "v2");
        await world.UntilAsync(w => w.Active is { Candidate: "v2", Number: 3 }, seconds: 5);
        world.Router.Health = new ArmHealth(1, 1, 1, null);
        await world.UntilAsync(w => w.Phase is Phase.Good);
        Assert.Equal("v2", world.Store.Find(World.Key)!.LastGood);
    }

    [Fact]
    public async Task A_candidate_that_is_away_for_a_moment_goes_on()
    {
        using var world = new World(Behind("v1", "v2"));
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing);
        Set(world, "v1");
        for (var second = 1; second <= 3; second++)
        {
            world.Router.Health = new ArmHealth(1, 0, 0, TimeSpan.FromSeconds(second));
            await world.SecondAsync();
        }

        world.Router.Health = new ArmHealth(1, 1, 1, null);
        Set(world, "v1", "v2");
        await world.UntilAsync(w => w.Phase is Phase.Good);
        Assert.Equal(1, world.Store.Find(World.Key)!.LastNumber);
    }

    private static ServiceSpec Behind(params string[] versions) => World.Spec("v1", versions) with
    {
        Listing = Listing.Behind("Service shop/checkout", ["checkout-stable", "checkout-canary"]),
    };

    private static void Set(World world, params string[] versions)
    {
        world.Specs = [Behind(versions)];
        world.Loop.SetServices(world.Specs);
    }

    private static void Replace(World world, params string[] versions)
    {
        world.Router.Health = new ArmHealth(0, 0, 0, TimeSpan.FromSeconds(1));
        Set(world, versions);
    }

    private static void List(World world, params string[] versions)
    {
        world.Specs = [World.Spec("v1", versions)];
        world.Loop.SetServices(world.Specs);
    }
}
