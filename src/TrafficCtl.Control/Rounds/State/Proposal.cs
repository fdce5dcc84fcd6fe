using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Rounds.State;

/// <summary>A decision on its way to the store.</summary>
/// <param name="Commit">What is to be saved.</param>
/// <param name="Decision">About a rollout; null for a birth, a refusal without a rollout, or a repair.</param>
/// <param name="Kind">One word for metrics and logs.</param>
/// <param name="Why">In words.</param>
internal sealed record Proposal(Commit Commit, Decision? Decision, string Kind, string Why)
{
    public Proposal(Commit commit, Decision decision)
        : this(commit, decision, decision.Kind, decision.Reason)
    {
    }

    /// <summary>How many of the facts that waited are in <see cref="Commit"/>.</summary>
    public int Pending { get; init; }

    /// <summary>The abort that the router holds and that <see cref="Commit"/> answers; null when it answers none.</summary>
    public Wish? AnswersAbort { get; init; }
}
