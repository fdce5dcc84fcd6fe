namespace TrafficCtl.Proxy.Routing;

/// <summary>The breaker's verdict on one rollout: its candidate gets nothing, whatever route arrives.</summary>
/// <param name="Generation">Of the route in force when it tripped; a newer one with another rollout id, or none, clears it.</param>
internal sealed record Latch(string Service, string RolloutId, long Generation, DateTimeOffset At, string Why);
