using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Timing;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Viewing;

/// <summary>One arm's traffic for a reader.</summary>
/// <param name="RequestsPerSecond">Counted requests over the last 10 s.</param>
/// <param name="ErrorRatio">Failures of counted requests over the last 10 s, 0..1; 0 without requests.</param>
/// <param name="P50Seconds">Median latency over the last 5 to 10 s; 0 without requests.</param>
/// <param name="P99Seconds">99th percentile of the same.</param>
/// <param name="InFlight">Dispatched and not ended now.</param>
/// <param name="Requests">Counted requests since the rollout began (or since the counters did, without one).</param>
/// <param name="Failures">Failures of the same, without a cap per user.</param>
public readonly record struct ArmRates(
    double RequestsPerSecond, double ErrorRatio, double P50Seconds, double P99Seconds, long InFlight, long Requests, long Failures);

/// <summary>All that is known of one target after a round; immutable.</summary>
/// <param name="Spec">The file's word.</param>
/// <param name="Record">The store's word; null while it could not be read yet.</param>
/// <param name="Newest">The active rollout, else the newest that ended; null before the first.</param>
/// <param name="Seen">What the last decision was made from; null without an active rollout.</param>
/// <param name="LastDecision">The last decision about <paramref name="Newest"/>, also one that only holds; null when none was made by this
/// process.</param>
/// <param name="Router">What the router said in this round; null when it did not answer.</param>
/// <param name="Stable">The stable arm's traffic.</param>
/// <param name="Candidate">The candidate arm's traffic.</param>
/// <param name="Warnings">Trouble that a person should know of, in sentences.</param>
/// <param name="At">The time of the round.</param>
public sealed record ServiceView(
    ServiceSpec Spec, ServiceRecord? Record, RolloutState? Newest, Seen? Seen, Decision? LastDecision, RouterStatus? Router,
    ArmRates Stable, ArmRates Candidate, ImmutableArray<string> Warnings, DateTimeOffset At)
{
    public TargetKey Key => Spec.Key;

    /// <summary>What is good to know and asks for nothing, in sentences.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>The time of the newest reading of the counters; null before the first. Its age is the age of what is known.</summary>
    public DateTimeOffset? SampledAt { get; init; }

    /// <summary><see cref="At"/> by the monotonic clock of this process; null before its first round.</summary>
    public long? Timestamp { get; init; }

    /// <summary>The elapsed time of the active rollout (<see cref="Moment.Elapsed"/>) at <see cref="At"/>; zero without one.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>The elapsed time as the next round will count it, if it comes now.</summary>
    /// <param name="clock">The clock of this process.</param>
    public TimeSpan ElapsedNow(TimeProvider clock)
    {
        if (Timestamp is not { } at || Newest is not { Phase.IsFinal: false }) return Elapsed;
        var since = clock.GetElapsedTime(at);
        return Elapsed + (since < RolloutClock.LongestGap ? since : RolloutClock.LongestGap);
    }

    /// <summary>Why the route cannot be read or written; null when it can.</summary>
    public string? RouteTrouble { get; init; }

    /// <summary>Why the measurements are missing or in doubt; null when they are neither.</summary>
    public string? MetricTrouble { get; init; }

    /// <summary>Why it is not known, or no longer, what the store says of the service; null when that is known.</summary>
    public string? RecordTrouble { get; init; }

    /// <summary>
    /// The store began anew without what it knew of the service, and nobody has decided since what is to come next; null otherwise.
    /// </summary>
    public string? StateLost { get; init; }

    /// <summary>Declared, and nothing else is known.</summary>
    internal static ServiceView Unknown(
        ServiceSpec spec, DateTimeOffset at) => new(spec, null, null, null, null, null, default, default, [], at)
        {
            RecordTrouble = "the store was not read yet",
        };
}
