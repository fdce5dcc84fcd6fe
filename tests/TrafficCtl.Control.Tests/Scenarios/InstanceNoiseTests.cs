using System.Globalization;
using TrafficCtl.Control.Replaying;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Scenarios;

/// <summary>Stable measured by instance: what its own instances show of each other is no version's fault.</summary>
public sealed class InstanceNoiseTests
{
    private static readonly ArmScript Usual = new(0.01), Odd = new(0.02);

    [Fact]
    public async Task A_candidate_like_the_odd_one_of_stables_instances_is_not_rolled_back()
    {
        using var world = Worlds();
        world.Metrics.StableInstances = [Usual, Odd, Usual, Usual];
        world.Metrics.Candidate = Odd;
        for (var i = 0; i < 600; i++) await world.SecondAsync();
        Assert.Equal(0, Assert.IsType<Phase.Observing>(world.Phase).Step);
        Assert.Contains("stable's own instances", world.View.Seen!.Judgement!.Reason);
    }

    [Fact]
    public async Task The_same_candidate_beside_equal_instances_is()
    {
        using var world = Worlds();
        world.Metrics.StableInstances = [Usual, Usual, Usual, Usual];
        world.Metrics.Candidate = Odd;
        await world.UntilAsync(w => w.Phase is Phase.RolledBack, 600);
    }

    [Fact]
    public async Task What_nobody_measures_apart_excuses_nobody()
    {
        using var world = Worlds();
        (world.Metrics.Stable, world.Metrics.Candidate) = (new ArmScript(0.0125), Odd);
        await world.UntilAsync(w => w.Phase is Phase.RolledBack, 600);
    }

    [Fact]
    public async Task Groups_that_are_made_anew_are_measured_from_the_next_tick_on()
    {
        using var world = Worlds();
        world.Metrics.StableInstances = [Usual, Usual];
        await world.UntilAsync(w => w.Phase is Phase.Observing);
        for (var i = 0; i < 5; i++) await world.SecondAsync();
        world.Metrics.Regroup(Usual, Usual, Usual);
        for (var i = 0; i < 30; i++) await world.SecondAsync();
        Assert.StartsWith("2 - 3", await GroupsAsync(world));
    }

    [Fact]
    public async Task A_process_that_is_replaced_goes_on_with_its_groups()
    {
        using var world = Worlds();
        world.Metrics.StableInstances = [Usual, Odd, Usual, Usual];
        world.Metrics.Candidate = Odd;
        for (var i = 0; i < 650; i++)
        {
            await world.SecondAsync();
            if (i % 100 == 99) world.Restart();
        }

        Assert.Equal(0, Assert.IsType<Phase.Observing>(world.Phase).Step);
        Assert.Contains("stable's own instances", world.View.Seen!.Judgement!.Reason);
    }

    /// <summary>How many groups came with the recorded ticks, where that changed.</summary>
    private static async Task<string> GroupsAsync(World world)
    {
        var counts = new List<string>();
        foreach (var tick in new RecordedTicks(await world.Store.WindowsAsync("checkout-default-1", 0, default)).Read())
        {
            var now = tick.Tick.Placebos?.Length.ToString(CultureInfo.InvariantCulture) ?? "-";
            if (counts.Count == 0 || counts[^1] != now) counts.Add(now);
        }

        return string.Join(' ', counts);
    }

    private static World Worlds()
    {
        var spec = World.Spec();
        return new World(spec with
        {
            Plan = spec.Plan with { IfUnsure = new UnsurePolicy(TimeSpan.FromHours(1), UnsureOutcome.Pause) },
            Analysis = Analysis.Default with
            {
                Tick = TimeSpan.FromSeconds(1),
                ErrorWarmUp = TimeSpan.FromSeconds(1),
                LatencyWarmUp = TimeSpan.FromSeconds(1),
            },
        });
    }
}
