using TrafficCtl.Core.Routing;

namespace TrafficCtl.Adapters.Metrics;

/// <summary>Where the requests really went since the split was last changed; read from any thread.</summary>
public interface IShareObserver
{
    /// <summary>Null while nothing was counted under the split in force, or nothing is known of the service.</summary>
    ShareSample? ObservedShare(string service);
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
}
