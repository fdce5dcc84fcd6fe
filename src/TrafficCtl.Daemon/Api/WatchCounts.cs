namespace TrafficCtl.Daemon.Api;

/// <summary>How many watch, and how many were dropped because they did not read.</summary>
public sealed class WatchCounts
{
    private int open;
    private long dropped;

    /// <summary>How many are open now in both protocols.</summary>
    public int Open => Volatile.Read(ref open);

    /// <summary>Since the process started.</summary>
    public long Dropped => Interlocked.Read(ref dropped);

    /// <summary>How long a watcher may leave a status unread, in real time.</summary>
    internal TimeSpan UnreadFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Takes one of so many places; false when all are taken.</summary>
    internal bool TryEnter(int most)
    {
        if (Interlocked.Increment(ref open) <= most) return true;
        Leave();
        return false;
    }

    internal void Leave() => Interlocked.Decrement(ref open);

    internal void Drop() => Interlocked.Increment(ref dropped);
}
