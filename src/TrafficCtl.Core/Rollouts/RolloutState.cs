using System.Collections.Immutable;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Core.Rollouts;

/// <summary>One rollout's whole state of record. Weights are a function of it and of the plan.</summary>
/// <param name="Id"><see cref="IdOf"/>; also the salt of its buckets.</param>
/// <param name="Number">n, from the journal.</param>
/// <param name="Stable">The version it started from and goes back to.</param>
/// <param name="Candidate">The version it takes in.</param>
/// <param name="Generation">Rises with each saved decision of the service; fences writes and routes.</param>
/// <param name="StartedAt">When its first decision was made.</param>
/// <param name="ChangedAt">When <paramref name="Phase"/> last changed, by the time of day: for people.</param>
/// <param name="Target">The target inside the environment.</param>
public sealed record RolloutState(
    string Id, string Service, string Environment, int Number, string Stable, string Candidate,
    long Generation, DateTimeOffset StartedAt, DateTimeOffset ChangedAt, Phase Phase,
    string Target = TargetKey.DefaultTarget)
{
    public TargetKey Key => new(Service, Environment, Target);

    /// <summary>
    /// The plan it began with, set by the starter: a reload or a restart with an edited file must not raise an exposure
    /// that no decision raised. A changed plan is for the next rollout.
    /// </summary>
    public required Plan Plan { get; init; }

    /// <summary>
    /// The route groups that both versions are compared in, chosen from stable's traffic by the decision that begins step 1; null
    /// before it, and where paths are not measured.
    /// </summary>
    public PathGroups? Paths { get; init; }

    /// <summary>Who brought the candidate in, as the publish or retry that began it was signed; null where a file did.</summary>
    public string? Author { get; init; }

    /// <summary>What is saved of its gates; null for nothing.</summary>
    public ImmutableArray<GateState>? Gates { get; init; }

    /// <summary>What is saved of the gate of that key; null for nothing.</summary>
    public GateState? FindGate(string key)
    {
        if (Gates is not { IsDefault: false } gates) return null;
        foreach (var gate in gates)
            if (gate.Gate == key) return gate;
        return null;
    }

    /// <summary>
    /// The rollout's elapsed time (<see cref="Moment.Elapsed"/>) when <see cref="Phase"/> last changed; null when it was saved by a
    /// version that measured by the time of day.
    /// </summary>
    public TimeSpan? ChangedAfter { get; init; }

    /// <summary><c>&lt;service&gt;-&lt;environment&gt;[_&lt;target&gt;]-&lt;n&gt;</c>; the default target is left out.</summary>
    public static string IdOf(TargetKey key, int number) => $"{OwnerOf(key)}-{number}";

    /// <summary>What the ids of a target's rollouts begin with, before their number.</summary>
    /// <remarks>
    /// No name has a <c>_</c>: a target <c>east</c> of <c>prod</c> never meets the rollouts of an environment <c>prod-east</c>.
    /// </remarks>
    public static string OwnerOf(TargetKey key) => key.IsOfDefaultTarget
        ? $"{key.Service}-{key.Environment}"
        : $"{key.Service}-{key.Environment}_{key.Target}";
}
