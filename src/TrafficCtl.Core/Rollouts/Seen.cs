using System.Collections.Immutable;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Judging;

namespace TrafficCtl.Core.Rollouts;

/// <summary>Endpoints of one arm as their health checks see them.</summary>
/// <param name="Endpoints">All endpoints of the version.</param>
/// <param name="Live">Those that may take traffic now.</param>
/// <param name="Probed">Those that passed a probe since they appeared.</param>
/// <param name="GoneFor">
/// How long no endpoint has been live, by the monotonic clock of the process that checks; null while one is live.
/// </param>
public readonly record struct ArmHealth(int Endpoints, int Live, int Probed, TimeSpan? GoneFor);

/// <summary>The safety breaker in the proxy has set the candidate's weight to 0; the engine rolls back after it.</summary>
public sealed record BreakerTrip(string RolloutId, DateTimeOffset At, string Why);

/// <summary>What was measured of the candidate during the current step.</summary>
public readonly record struct StepEvidence(long Requests, long Users);

/// <summary>All inputs of the engine in one round. Null means unknown, and an unknown value never lets a step pass.</summary>
public sealed record Seen
{
    /// <summary>The judgement on moving to the next step's weight; null when nothing could be measured.</summary>
    public Judgement? Judgement { get; init; }

    public StepEvidence Evidence { get; init; }

    /// <summary>Why there is no fresh measurement of either version; null when there is.</summary>
    public string? Unmeasured { get; init; }

    /// <summary>Null when the router does not answer.</summary>
    public ArmHealth? CandidateHealth { get; init; }

    public BreakerTrip? Trip { get; init; }

    /// <summary>Wishes that are not answered yet, oldest first.</summary>
    public ImmutableArray<Wish> Wishes { get; init; } = [];

    public ImmutableArray<GateView> Gates { get; init; } = [];

    /// <summary>
    /// The newest generation that the router reports as in force; null when it does not answer, or when its split is not the one of that
    /// generation.
    /// </summary>
    public long? AppliedGeneration { get; init; }

    /// <summary>What the router is waiting for before the requested generation is in force; null when it does not say.</summary>
    public string? RouterWaitsFor { get; init; }

    /// <summary>Why that generation counts as in force although no request plainly shows it; null when the router does not say.</summary>
    public string? CountsBecause { get; init; }

    /// <summary>The split in force was written by somebody else: a resume writes the requested split again.</summary>
    public bool IsDrifted { get; init; }

    /// <summary>
    /// A version that came after this rollout's candidate (<see cref="Services.RolloutStarter.Newer"/>); null when there is none.
    /// </summary>
    public string? NewerVersion { get; init; }

    /// <summary>The versions that the configuration names now, which a publish must be one of.</summary>
    public ImmutableArray<string> Versions { get; init; } = [];

    /// <summary>For how long the candidate has not been one of <see cref="Versions"/>, in elapsed time; null while it is.</summary>
    public TimeSpan? WithdrawnFor { get; init; }

    /// <summary>Where <see cref="Versions"/> come from, for messages.</summary>
    public Listing Listing { get; init; } = Listing.File;

    /// <summary>Those of <see cref="Versions"/> that failed with the endpoints they have now: they start again only by a retry.</summary>
    public ImmutableArray<string> Failed { get; init; } = [];
}
