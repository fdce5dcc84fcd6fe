namespace TrafficCtl.Core.Judging.Sequential;

/// <summary>What the safety breaker sees of one tick of 250 ms.</summary>
/// <remarks>Of each user up to its third failure in ten minutes, unless fewer than four users make half of the traffic.</remarks>
/// <param name="Requests">Requests of the candidate that ended and count.</param>
/// <param name="Failures">Failed ones of them.</param>
/// <param name="InFlight">Requests of the candidate that are on their way at the tick's end.</param>
/// <param name="StableRequests">Requests of stable that ended and count.</param>
/// <param name="StableFailures">Failed ones of them.</param>
public readonly record struct BreakerTick(long Requests, long Failures, long InFlight, long StableRequests, long StableFailures);
