using System.Collections.Concurrent;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Waking;

/// <summary>Targets that are to have a round at once, because a wish of theirs may have been recorded. Added to by any thread.</summary>
internal sealed class Wakes(WorkQueue queue)
{
    private readonly ConcurrentQueue<TargetKey> woken = new();

    public void Add(TargetKey key)
    {
        woken.Enqueue(key);
        queue.Add(key, TimeSpan.Zero);
    }

    /// <summary>Takes one of them, for the loop; false when there is none.</summary>
    public bool TryTake(out TargetKey key) => woken.TryDequeue(out key);
}
