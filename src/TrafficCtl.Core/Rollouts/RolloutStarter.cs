using System.Collections.Immutable;
using TrafficCtl.Core.Delivery;

namespace TrafficCtl.Core.Rollouts;

/// <summary>What begins when no rollout is active, and what the wishes of that moment are answered.</summary>
/// <param name="Started">The new rollout in Waiting; null when nothing begins.</param>
public sealed record StartDecision(RolloutState? Started, string Reason, ImmutableArray<WishOutcome> Wishes);

/// <summary>Chooses the version that a rollout begins for.</summary>
public static class RolloutStarter
{
    /// <summary>For a service without an active rollout.</summary>
    public static StartDecision Decide(ServiceSpec spec, ServiceRecord record, ImmutableArray<Wish> wishes, DateTimeOffset now) =>
        throw new NotSupportedException("shell");

    /// <summary>The version that supersedes the active rollout's candidate or queues behind it; null when there is none.</summary>
    public static string? Newer(ServiceSpec spec, ServiceRecord record, ImmutableArray<Wish> wishes) => throw new NotSupportedException("shell");
}
