using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Rounds.State;

/// <summary>What is to be saved of one target in a round, and the target's state once that is done.</summary>
/// <param name="Target">Whose it is.</param>
/// <param name="State">In force when the wish is recorded; the proposal is not yet counted as saved in it.</param>
/// <param name="Wish">
/// To be recorded before the proposal is saved, in the name of whoever changed the routing object or aborted at the router; null
/// without one.
/// </param>
/// <param name="Proposal">To be saved; null when nothing is.</param>
internal readonly record struct RoundPlan(ControlledTarget Target, TargetState State, Wish? Wish, Proposal? Proposal)
{
    public bool IsEmpty => Wish is null && Proposal is null;
}
