using TrafficCtl.Daemon.Limits;

namespace TrafficCtl.Daemon.Api;

/// <summary>How many watch, and how many were dropped because they did not read.</summary>
public sealed class WatchCounts
{
    private readonly SharedPlaces places;
    private long dropped;

    public WatchCounts()
        : this(new AdminLimits())
    {
    }

    internal WatchCounts(AdminLimits limits) => places = new SharedPlaces(limits.Watches, limits.WatchesOfCaller);

    /// <summary>How many streams are open now in both protocols.</summary>
    public int Open => places.Taken;

    /// <summary>Since the process started.</summary>
    public long Dropped => Interlocked.Read(ref dropped);

    /// <summary>How long a watcher may leave a status unread, in real time.</summary>
    internal TimeSpan UnreadFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <inheritdoc cref="SharedPlaces.TryEnter"/>
    internal (int Most, bool OfKey)? TryEnter(string caller) => places.TryEnter(caller);

    internal void Leave(string caller) => places.Leave(caller);

    internal void Drop() => Interlocked.Increment(ref dropped);
}
