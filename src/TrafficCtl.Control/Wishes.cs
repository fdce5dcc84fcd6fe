using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Delivery;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control;

/// <summary>What people and APIs ask for: recorded durably, then handled once by the engine.</summary>
public sealed class Wishes
{
    private readonly IStore store;
    private readonly Views views;
    private readonly ControlLoop loop;
    private readonly TimeProvider clock;

    internal Wishes(IStore store, Views views, ControlLoop loop, TimeProvider clock)
    {
        this.store = store;
        this.views = views;
        this.loop = loop;
        this.clock = clock;
    }

    /// <summary>Records the wish, wakes the loop and waits for the engine's answer; null when none came in time (it stays recorded).</summary>
    /// <remarks>A wish that makes no sense (unknown service or version) is refused without being recorded; its id stays 0.</remarks>
    /// <exception cref="StoreUnavailableException">Nothing was recorded.</exception>
    public ValueTask<WishOutcome?> MakeAsync(Wish wish, TimeSpan wait, CancellationToken stop) => throw new NotSupportedException("shell");
}
