using TrafficCtl.Control.Waking;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Waking;

public sealed class WorkQueueTests
{
    private readonly ManualClock clock = new();
    private readonly TargetKey a = new("a", "default");
    private readonly TargetKey b = new("b", "default");

    [Fact]
    public void Holds_a_key_once_at_the_earliest_time_that_anybody_asked_for()
    {
        using var queue = new WorkQueue(clock);
        queue.Add(a, TimeSpan.FromSeconds(2));
        queue.Add(a, TimeSpan.FromSeconds(1));
        queue.Add(a, TimeSpan.FromSeconds(3));
        queue.Add(b, TimeSpan.FromSeconds(3));

        Assert.Equal([], Due(queue));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([a], Due(queue));
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal([b], Due(queue));
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void A_key_that_was_removed_is_not_due()
    {
        using var queue = new WorkQueue(clock);
        queue.Add(a, TimeSpan.Zero);
        queue.Remove(a);
        Assert.Equal([], Due(queue));
    }

    [Fact]
    public async Task Who_waits_is_told_when_something_falls_due()
    {
        using var queue = new WorkQueue(clock);
        queue.Add(a, TimeSpan.FromSeconds(1));
        var waiting = queue.WaitAsync(default);
        Assert.False(waiting.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));
        await waiting;
        Assert.Equal([a], Due(queue));
    }

    [Fact]
    public async Task A_timer_that_fires_early_while_nobody_waits_is_not_the_last_one()
    {
        var late = new LateClock(clock);
        using var queue = new WorkQueue(late);
        queue.Add(a, TimeSpan.FromMilliseconds(10));
        // Clocks and timers of a system tick each by itself.
        late.By = TimeSpan.FromMilliseconds(4);
        clock.Advance(TimeSpan.FromMilliseconds(10));

        var waiting = queue.WaitAsync(default);
        Assert.False(waiting.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(4));
        await waiting.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.Equal([a], Due(queue));
    }

    /// <summary>Whose timestamps are behind its timers.</summary>
    private sealed class LateClock(ManualClock clock) : TimeProvider
    {
        public TimeSpan By { get; set; }

        public override long TimestampFrequency => clock.TimestampFrequency;

        public override long GetTimestamp() => clock.GetTimestamp() - By.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            clock.CreateTimer(callback, state, dueTime, period);
    }

    private static List<TargetKey> Due(WorkQueue queue)
    {
        var keys = new List<TargetKey>();
        queue.Take(keys);
        return keys;
    }
}
