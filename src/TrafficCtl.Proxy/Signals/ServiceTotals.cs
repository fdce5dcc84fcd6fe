using System.Collections.Immutable;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Proxy.Signals;

/// <summary>Counters of a target since the process started, over all rollouts and cohorts: monotone, for the metrics page.</summary>
/// <param name="Effective">What is really served.</param>
/// <param name="Latched">The breaker holds the present rollout at 0; an abort that does is not counted here.</param>
/// <param name="Trips">Times the breaker tripped.</param>
/// <param name="Alarms">Times it would have, with no live stable endpoint to go back to.</param>
public sealed record ServiceTotals(
    TargetKey Key, Counts Stable, Counts Candidate, ServiceRoute Route, Exposure Effective,
    bool Latched, long Trips, long Alarms)
{
    /// <summary>Requests to stable that went to another endpoint, because no connection could be opened to the first.</summary>
    public long StableConnectRetries { get; init; }

    /// <summary>The same of the candidate.</summary>
    public long CandidateConnectRetries { get; init; }

    /// <summary>Sampled traces of requests to stable.</summary>
    public ImmutableArray<TraceExample> StableExamples { get; init; } = [];

    /// <summary>The same of the candidate.</summary>
    public ImmutableArray<TraceExample> CandidateExamples { get; init; } = [];
}
