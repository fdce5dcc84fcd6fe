using TrafficCtl.Simulator.Services;

namespace TrafficCtl.Simulator.TypeI;

/// <summary>A null under which the judge looks for a long time at constant weights, 10 to 90.</summary>
/// <param name="Scenario">Its candidate is as good as stable, or on the boundary of what counts as harm.</param>
/// <param name="RequestsPerSecond">Both arms together.</param>
/// <param name="IsPromised">Within the scope of the promised error rate; else it is only measured.</param>
public sealed record NullCase(Scenario Scenario, double RequestsPerSecond, bool IsPromised);
