namespace TrafficCtl.Core.Gates;

/// <summary>What an approval or a rejection is about, and by what right it is made.</summary>
/// <param name="Gate">The key of the gate, or who it asks (<see cref="ApproveGate.By"/>); empty for the only one that there is.</param>
/// <param name="Rollout">The id of the rollout that the person looked at; empty for the active one.</param>
/// <param name="As">The roles and groups of the person for that target, as verified, with a space between.</param>
public sealed record Vote(string Gate, string Rollout, string As);
