using System.Buffers;
using System.Collections.Immutable;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Core.Services;

/// <summary>How far a version came.</summary>
public enum Trial
{
    /// <summary>It was listed, but a rollout was begun for another version: it starts only by a publish.</summary>
    PassedOver,

    /// <summary>A rollout was begun for it, and it did not fail.</summary>
    Begun,

    /// <summary>Rolled back or aborted: it starts again only by a retry or with changed endpoints.</summary>
    Failed,
}

/// <summary>A version that no longer starts by being listed, with the endpoints it had then.</summary>
public sealed record TriedVersion(string Version, string Fingerprint, Trial Trial = Trial.Begun);

/// <summary>What the store knows of one target.</summary>
/// <param name="LastGood">The version in force without a rollout; it wins over the file's <c>stable</c>.</param>
/// <param name="LastNumber">n of the newest rollout; 0 before the first.</param>
/// <param name="Generation">The generation of the newest saved decision.</param>
/// <param name="Tried">Versions that no longer start by being listed; the newest rollout's is the last.</param>
/// <param name="Active">The one rollout that is not final; null without one.</param>
/// <param name="Evidence">The active rollout's last checkpoint; empty without one.</param>
/// <param name="Queued">A version published while a rollout was active; it supersedes or starts next. Null without one.</param>
public sealed record ServiceRecord(
    TargetKey Key, string LastGood, int LastNumber, long Generation,
    ImmutableArray<TriedVersion> Tried, RolloutState? Active, ReadOnlyMemory<byte> Evidence, string? Queued = null)
{
    /// <summary>
    /// What the active rollout's last checkpoint said beside <see cref="Evidence"/>; empty when that is the last one. The store's to say,
    /// and not saved with a decision.
    /// </summary>
    public ReadOnlyMemory<byte> Delta { get; init; }

    /// <summary>Ticks of the active rollout that the store has recorded; the store's to say, and not saved with a decision.</summary>
    public long Recorded { get; init; }

    /// <summary>
    /// How clustered errors and slow requests were in the rollouts that ended (<see cref="Baseline.SaveLearnt(IBufferWriter{byte})"/>);
    /// empty before the first.
    /// </summary>
    public ReadOnlyMemory<byte> Learnt { get; init; }

    /// <summary>Versions remembered that no file lists any more; the oldest are forgotten first.</summary>
    public const int MostUnlisted = 256;

    public TriedVersion? FindTried(string version)
    {
        foreach (var tried in Tried)
            if (tried.Version == version) return tried;
        return null;
    }

    /// <summary>It was rolled back or aborted with the endpoints that it has now.</summary>
    public bool HasFailed(VersionSpec version) =>
        FindTried(version.Version) is { Trial: Trial.Failed } tried && tried.Fingerprint == version.Fingerprint;

    /// <summary>
    /// The record to save with what the starter decided: its generation is higher, and every listed version is known from now on.
    /// </summary>
    public ServiceRecord After(StartDecision decision, ServiceSpec spec)
    {
        if (decision.Started is not { } started) return this with { Generation = Generation + 1 };
        var known = Tried.Where(t => t.Version != started.Candidate).ToList();
        foreach (var listed in spec.Versions)
            if (listed.Version != started.Candidate && known.TrueForAll(t => t.Version != listed.Version))
                known.Insert(0, new TriedVersion(listed.Version, listed.Fingerprint, Trial.PassedOver));
        var forgotten = known.Count(t => spec.FindVersion(t.Version) is null) - MostUnlisted;
        if (forgotten > 0) known.RemoveAll(t => spec.FindVersion(t.Version) is null && forgotten-- > 0);
        known.Add(new TriedVersion(started.Candidate, spec.FindVersion(started.Candidate)?.Fingerprint ?? string.Empty));
        return this with
        {
            LastNumber = started.Number,
            Generation = started.Generation,
            Tried = [.. known],
            Active = started,
            Evidence = ReadOnlyMemory<byte>.Empty,
            Delta = ReadOnlyMemory<byte>.Empty,
            Recorded = 0,
            Queued = null,
        };
    }

    /// <summary>The record to save with what the engine decided; the evidence of an active rollout is the caller's to renew.</summary>
    public ServiceRecord After(Decision decision)
    {
        var next = decision.Next;
        var saved = this with
        {
            Generation = Math.Max(Generation + 1, next.Generation),
            Active = next,
            Delta = ReadOnlyMemory<byte>.Empty,
            Queued = decision.Queues ?? Queued,
        };
        if (!next.Phase.IsFinal) return saved;
        return saved with
        {
            Active = null,
            Evidence = ReadOnlyMemory<byte>.Empty,
            LastGood = next.Phase is Phase.Good ? next.Candidate : LastGood,
            Tried = next.Phase is Phase.RolledBack or Phase.Aborted
                ? [.. Tried.Select(t => t.Version == next.Candidate ? t with { Trial = Trial.Failed } : t)]
                : Tried,
        };
    }
}
