using TrafficCtl.Control.Timing;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Timing;

public sealed class RolloutClockTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualClock time = new();
    private readonly RolloutClock clock = new();

    [Fact]
    public void Adds_up_the_monotonic_time_between_looks()
    {
        Assert.Equal(TimeSpan.Zero, Look(State()).Elapsed);
        time.Advance(3 * Second);
        time.Suspend(TimeSpan.FromDays(1));
        var now = Look(State());
        Assert.Equal((3 * Second, time.GetUtcNow()), (now.Elapsed, now.At));
        time.AdvanceMonotonic(2 * Second);
        Assert.Equal(5 * Second, Look(State()).Elapsed);
    }

    [Fact]
    public void Tells_a_jump_once_and_not_what_is_within_the_tolerance()
    {
        Look(State());
        time.Advance(Second);
        time.Set(TimeSpan.FromSeconds(5));
        Look(State());
        Assert.Equal((TimeSpan.Zero, false), (clock.Jump, clock.IsSet));
        time.Set(TimeSpan.FromSeconds(-2));
        Look(State());
        Assert.Equal((TimeSpan.Zero, true), (clock.Jump, clock.IsSet));
        time.Advance(Second);
        time.Set(TimeSpan.FromHours(-1));
        Look(State());
        Assert.Equal((TimeSpan.FromHours(-1), true), (clock.Jump, clock.IsSet));
        time.Advance(Second);
        Look(State());
        Assert.Equal((TimeSpan.Zero, false), (clock.Jump, clock.IsSet));
    }

    [Fact]
    public void Counts_a_minute_of_a_gap_in_which_everything_stood_still()
    {
        Look(State());
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal((RolloutClock.LongestGap, TimeSpan.FromMinutes(59)), (Look(State()).Elapsed, clock.StoodStill));
        time.Advance(Second);
        Assert.Equal((RolloutClock.LongestGap + Second, TimeSpan.Zero), (Look(State()).Elapsed, clock.StoodStill));
    }

    [Fact]
    public void Goes_on_from_the_newer_of_the_decision_and_the_checkpoint_and_not_with_what_passed_before()
    {
        Look(State());
        time.Advance(30 * Second);
        clock.Resume(State(changedAfter: 100 * Second), 107 * Second);
        time.Advance(30 * Second);
        Assert.Equal(107 * Second, Look(State()).Elapsed);
        clock.Resume(State(changedAfter: 100 * Second), 90 * Second);
        Assert.Equal(100 * Second, Look(State()).Elapsed);
        clock.Resume(State(changedAfter: 100 * Second), null);
        Assert.Equal(100 * Second, Look(State()).Elapsed);
    }

    [Fact]
    public void Each_rollout_has_a_time_of_its_own()
    {
        Look(State());
        time.Advance(30 * Second);
        Assert.Equal(TimeSpan.Zero, Look(State(2)).Elapsed);
        time.Advance(Second);
        Assert.Equal(Second, Look(State(2)).Elapsed);
        Assert.True(clock.IsUnsaved);
        clock.Saved();
        Assert.False(clock.IsUnsaved);
        Assert.Equal(TimeSpan.Zero, Look(null).Elapsed);
    }

    private Moment Look(RolloutState? active) => clock.Look(active, time.Now());

    private static RolloutState State(int number = 1, TimeSpan? changedAfter = null) =>
        new($"shop-default-{number}", "shop", "default", number, "v1", "v2", 7, default, default, new Phase.Shifting(0))
        {
            Plan = new Plan(),
            ChangedAfter = changedAfter,
        };
}
