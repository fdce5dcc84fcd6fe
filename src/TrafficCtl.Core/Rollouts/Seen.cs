using System.Collections.Immutable;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Judging;

namespace TrafficCtl.Core.Rollouts;

/// <summary>Endpoints of one arm as their health checks see them.</summary>
/// <param name="Endpoints">All endpoints of the version.</param>
/// <param name="Live">Those that may take traffic now.</param>
/// <param name="Probed">Those that answered a probe well since they appeared.</param>
/// <param name="GoneFor">How long ago the last live endpoint went, by the monotonic clock of whoever checks; null while one lives.</param>
public readonly record struct ArmHealth(int Endpoints, int Live, int Probed, TimeSpan? GoneFor);

/// <summary>The safety breaker took the candidate to 0 in the proxy; the engine follows.</summary>
public sealed record BreakerTrip(string RolloutId, DateTimeOffset At, string Why);

/// <summary>What was measured of the candidate during the present step.</summary>
public readonly record struct StepEvidence(long Requests, long Users);

/// <summary>All that the engine sees in one round. Unknown is null, and null never passes.</summary>
public sealed record Seen
{
    /// <summary>For moving to the next step's weight; null when nothing could be measured.</summary>
    public Judgement? Judgement { get; init; }

    public StepEvidence Evidence { get; init; }

    /// <summary>Why nothing is measured now, of either version; null when the newest measurement is fresh.</summary>
    public string? Unmeasured { get; init; }

    /// <summary>Null when the router does not answer.</summary>
    public ArmHealth? CandidateHealth { get; init; }

    public BreakerTrip? Trip { get; init; }

    /// <summary>Unhandled wishes, oldest first.</summary>
    public ImmutableArray<Wish> Wishes { get; init; } = [];

    public ImmutableArray<GateView> Gates { get; init; } = [];

    /// <summary>
    /// The newest generation that the router says is in force; null when it does not answer, or does something else than that generation
    /// asks.
    /// </summary>
    public long? AppliedGeneration { get; init; }

    /// <summary>What the router says is missing until the asked generation is in force; null when it says nothing.</summary>
    public string? RouterWaitsFor { get; init; }

    /// <summary>Why that generation counts as in force although no request plainly shows it; null when the router does not say.</summary>
    public string? CountsBecause { get; init; }

    /// <summary>The split in force is somebody else's: a resume means that the asked one is written again.</summary>
    public bool IsDrifted { get; init; }

    /// <summary>
    /// A version that came after this rollout's candidate (<see cref="Services.RolloutStarter.Newer"/>); null when there is none.
    /// </summary>
    public string? NewerVersion { get; init; }

    /// <summary>The versions that the configuration names now, which a publish must be one of.</summary>
    public ImmutableArray<string> Versions { get; init; } = [];

    /// <summary>For how long the candidate has not been one of <see cref="Versions"/>, in elapsed time; null while it is.</summary>
    public TimeSpan? WithdrawnFor { get; init; }

    /// <summary>Where those come from, in words.</summary>
    public Listing Listing { get; init; } = Listing.File;

    /// <summary>Those of <see cref="Versions"/> that failed with the endpoints they have now: they start again only by a retry.</summary>
    public ImmutableArray<string> Failed { get; init; } = [];
}
