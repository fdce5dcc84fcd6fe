using System.Collections.Concurrent;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Waking;

/// <summary>Services that are due, each at most once: the earliest time that anybody asked for wins.</summary>
internal sealed class WorkQueue : IDisposable
{
    private readonly TimeProvider clock;
    private readonly ITimer timer;
    private readonly Lock gate = new();
    private readonly Dictionary<TargetKey, long> due = [];
    private readonly PriorityQueue<TargetKey, long> order = new();
    private readonly ConcurrentQueue<TargetKey> woken = new();
    private TaskCompletionSource signal = New();

    public WorkQueue(TimeProvider clock)
    {
        this.clock = clock;
        timer = clock.CreateTimer(static queue => ((WorkQueue)queue!).Signal(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Count
    {
        get
        {
            lock (gate) return due.Count;
        }
    }

    /// <summary>Due after a while, or earlier when it is so already.</summary>
    public void Add(TargetKey key, TimeSpan after)
    {
        var at = clock.GetTimestamp() + (long)(after.TotalSeconds * clock.TimestampFrequency);
        lock (gate)
        {
            if (due.TryGetValue(key, out var held) && held <= at) return;
            due[key] = at;
            order.Enqueue(key, at);
            Arm();
        }
    }

    /// <summary>Due at once, because a wish of the target may have been recorded. By any thread.</summary>
    public void Wake(TargetKey key)
    {
        woken.Enqueue(key);
        Add(key, TimeSpan.Zero);
    }

    /// <summary>Takes one of the woken, for the loop; false when there is none.</summary>
    public bool TryTakeWoken(out TargetKey key) => woken.TryDequeue(out key);

    public void Remove(TargetKey key)
    {
        lock (gate) due.Remove(key);
    }

    /// <summary>Moves what is due now into <paramref name="taken"/>, each key once.</summary>
    public void Take(List<TargetKey> taken)
    {
        var now = clock.GetTimestamp();
        lock (gate)
        {
            while (order.TryPeek(out var key, out var at) && at <= now)
            {
                order.Dequeue();
                // An entry that a Remove or an earlier Add left behind no longer says what the table says.
                if (due.TryGetValue(key, out var held) && held == at && due.Remove(key)) taken.Add(key);
            }

            Arm();
        }
    }

    /// <summary>Returns when something may be due.</summary>
    public Task WaitAsync(CancellationToken stop)
    {
        lock (gate)
        {
            var waiting = signal.Task;
            // A timer may fire before its time by the clock's measure. When nobody waited then, no other would follow it.
            Arm();
            return waiting.WaitAsync(stop);
        }
    }

    public void Dispose() => timer.Dispose();

    private void Arm()
    {
        if (!order.TryPeek(out _, out var at)) return;
        var ticks = at - clock.GetTimestamp();
        if (ticks <= 0) Signal();
        else timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(ticks * 1000.0 / clock.TimestampFrequency)), Timeout.InfiniteTimeSpan);
    }

    private void Signal()
    {
        TaskCompletionSource waiting;
        lock (gate)
        {
            waiting = signal;
            signal = New();
        }

        waiting.TrySetResult();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
