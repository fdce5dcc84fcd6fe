using TrafficCtl.Core.Delivery;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests;

public sealed class WorkQueueTests
{
    private readonly ManualClock clock = new();
    private readonly ServiceKey a = new("a", "default");
    private readonly ServiceKey b = new("b", "default");

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

    private static List<ServiceKey> Due(WorkQueue queue)
    {
        var keys = new List<ServiceKey>();
        queue.Take(keys);
        return keys;
    }
}
