using TrafficCtl.Core.Routing;

namespace TrafficCtl.Adapters.Metrics;

/// <summary>Where the requests really went since the split was last changed; read from any thread.</summary>
public interface IShareObserver
{
    /// <summary>Null while nothing was counted under the split in force, or nothing is known of the service.</summary>
    ShareSample? ObservedShare(string service);

    /// <summary>Why nothing can be measured now; null when something can.</summary>
    string? TroubleOf(string service) => null;
}

/// <summary>Requests of both arms under one split, without those of the time in which it settled.</summary>
/// <param name="RolloutId">The rollout that the split belongs to.</param>
/// <param name="Asked">The split, of users that are in no cohort.</param>
/// <param name="Candidate">Counted requests of the candidate.</param>
/// <param name="Total">Counted requests of both arms: the size of the sample.</param>
/// <param name="Since">When the sample begins.</param>
/// <param name="At">When it ends.</param>
public sealed record ShareSample(string RolloutId, Weights Asked, long Candidate, long Total, DateTimeOffset Since, DateTimeOffset At)
{
    /// <summary>The candidate's share, 0..1; NaN without requests.</summary>
    public double Fraction => Total > 0 ? Candidate / (double)Total : double.NaN;

    /// <summary>
    /// Counted last while all traffic was to go to stable: what the candidate had then, others sent. Null when nothing was counted.
    /// </summary>
    public ShareCount? AtZero { get; init; }

    /// <summary>Counted last under the split before this one; null when nothing was.</summary>
    public ShareCount? Before { get; init; }

    /// <summary>Whose requests are counted.</summary>
    public ShareScope Scope { get; init; } = ShareScope.Workload;
}

/// <summary>Requests of both arms in the newest minutes of an earlier split.</summary>
/// <param name="Asked">That split.</param>
public sealed record ShareCount(Weights Asked, long Candidate, long Total)
{
    /// <summary>The candidate's share, 0..1; NaN without requests.</summary>
    public double Fraction => Total > 0 ? Candidate / (double)Total : double.NaN;
}

/// <summary>Whose requests a share is of, as far as the metrics can tell; the narrowest first.</summary>
public enum ShareScope
{
    /// <summary>The managed rule alone.</summary>
    Rule,

    /// <summary>All rules of the routing object.</summary>
    Route,

    /// <summary>Everybody who sends to the Services that the rule sends to.</summary>
    Service,

    /// <summary>Everybody who reaches the pods.</summary>
    Workload,
}
