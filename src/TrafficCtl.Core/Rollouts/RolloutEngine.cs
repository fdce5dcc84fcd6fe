namespace TrafficCtl.Core.Rollouts;

/// <summary>Decides; does nothing. The same inputs give the same decision.</summary>
public static class RolloutEngine
{
    /// <summary>The next decision for an active rollout.</summary>
    public static Decision Decide(Plan plan, RolloutState state, Seen seen, DateTimeOffset now) => throw new NotSupportedException("shell");
}
