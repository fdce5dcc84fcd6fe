using System.Collections.Concurrent;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Wishing;

/// <summary>
/// Aborts that the router carries out already while the store is still asked to record them: the loop waits for its word.
/// </summary>
internal sealed class OpenAborts
{
    private readonly ConcurrentDictionary<Wish, byte> open = new();

    public void Begin(Wish abort) => open[abort] = 0;

    public void End(Wish abort) => open.TryRemove(abort, out _);

    public bool Contains(Wish abort) => !open.IsEmpty && open.Keys.Any(o => o.IsSameAs(abort));
}
