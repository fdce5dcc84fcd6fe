using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Wishing;

/// <summary>Records a wish and waits for the engine's answer; null when none came in time (it stays recorded).</summary>
public delegate ValueTask<WishOutcome?> MakeWish(Wish wish, TimeSpan wait, CancellationToken stop);
