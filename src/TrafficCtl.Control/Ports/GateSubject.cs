using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Ports;

/// <summary>What a gate is asked about.</summary>
/// <param name="Service">As it is declared now.</param>
/// <param name="Rollout">The rollout that wants to go on; null where none is active.</param>
/// <param name="Facts">What the round knows.</param>
/// <param name="Attempt">How often the gate was asked anew in this rollout: 1 at first. An answer is of one attempt.</param>
public sealed record GateSubject(ServiceSpec Service, RolloutState? Rollout, GateFacts Facts, int Attempt = 1);
