using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Rounds;

/// <summary>A decision on its way to the store.</summary>
/// <param name="Decision">About a rollout; null for a birth, a refusal without a rollout, or a repair.</param>
/// <param name="Kind">One word for metrics and logs.</param>
/// <param name="Why">In words.</param>
internal sealed record Proposal(Track Track, Commit Commit, Decision? Decision, string Kind, string Why)
{
    public Proposal(Track track, Commit commit, Decision decision)
        : this(track, commit, decision, decision.Kind, decision.Reason)
    {
    }
}
