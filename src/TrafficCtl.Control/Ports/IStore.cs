using System.Collections.Immutable;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Ports;

/// <summary>The journal and the state of record. Facts are appended, never changed.</summary>
/// <remarks>
/// Every method may throw <see cref="StoreUnavailableException"/> (full, read-only, locked, gone): then nothing was saved,
/// traffic goes on, and the loop tries again later.
/// </remarks>
public interface IStore : IHistory
{
    /// <summary>
    /// One call may save several services, all or none. Else each commit is a call of its own, and several calls may run at once.
    /// </summary>
    bool CommitsTogether { get; }

    /// <summary>How often the evidence of a rollout is worth a write between decisions.</summary>
    TimeSpan CheckpointEvery { get; }

    /// <summary>
    /// Whether it keeps recorded windows in one transaction with the evidence, so that a checkpoint may be
    /// <see cref="Checkpoint.IsDelta"/>.
    /// </summary>
    bool KeepsDeltas { get; }

    /// <summary>The record of a service; null when the store has never seen it.</summary>
    ValueTask<ServiceRecord?> LoadAsync(TargetKey key, CancellationToken stop);

    /// <summary>
    /// All decisions of a round in one durable transaction: all or none. Several only where <see cref="CommitsTogether"/>.
    /// </summary>
    /// <exception cref="ArgumentException">Several, and the store cannot; nothing was saved.</exception>
    /// <exception cref="StaleGenerationException">
    /// Another writer saved a newer generation of one of the services; nothing was saved.
    /// </exception>
    ValueTask CommitAsync(ImmutableArray<Commit> commits, CancellationToken stop);

    /// <summary>Evidence of changed rollouts in one batched transaction. A checkpoint of a rollout that is not active is ignored.</summary>
    ValueTask CheckpointAsync(ImmutableArray<Checkpoint> checkpoints, CancellationToken stop);

    /// <summary>Records a wish durably and returns it with its id.</summary>
    ValueTask<Wish> RecordWishAsync(Wish wish, CancellationToken stop);

    /// <summary>Wishes of a service that no decision has answered yet, oldest first.</summary>
    ValueTask<ImmutableArray<Wish>> PendingWishesAsync(TargetKey key, CancellationToken stop);

    /// <summary>Deletes recorded windows of ended rollouts, the oldest first, a small batch a call. What was decided stays.</summary>
    ValueTask<WindowStock> PruneAsync(WindowRetention retention, CancellationToken stop);
}

/// <summary>One service's saved decision: the new record, its facts, its answered wishes and the evidence it rests on.</summary>
/// <param name="ExpectedGeneration">The generation the decision was made from; -1 for a service's birth.</param>
/// <param name="Record">The record after the decision; its generation is higher.</param>
/// <param name="Rollout">The rollout that the decision was about, final ones included; null when there is none.</param>
public sealed record Commit(
    long ExpectedGeneration, ServiceRecord Record, RolloutState? Rollout, ImmutableArray<Fact> Facts, ImmutableArray<WishOutcome> Wishes)
{
    /// <summary>
    /// What <see cref="Rollout"/> was judged by since the last save. A store that cannot keep it saves the decision without it.
    /// </summary>
    public RecordedWindows? Windows { get; init; }
}

/// <param name="Evidence">Valid during the call only: the buffer is used again.</param>
public sealed record Checkpoint(TargetKey Key, string RolloutId, ReadOnlyMemory<byte> Evidence)
{
    /// <summary>What the evidence grew by since the last save.</summary>
    public RecordedWindows? Windows { get; init; }

    /// <summary>
    /// It says what came since the last whole one, which stays, and is kept in the place of the difference before it. Only where the store
    /// <see cref="IStore.KeepsDeltas"/>.
    /// </summary>
    public bool IsDelta { get; init; }
}

/// <summary>An append-only record of what was published, observed, ordered or decided.</summary>
/// <param name="Seq">Assigned by the store, rising; 0 before it is saved.</param>
/// <param name="Kind"><c>born</c>, <c>published</c>, <c>ordered</c>, <c>decided</c>, <c>observed</c>, <c>state-lost</c>.</param>
/// <param name="What">One word inside the kind: a decision's or a wish's kind.</param>
/// <param name="Text">One sentence with its numbers, complete without any other source.</param>
/// <param name="Data">A JSON object with the same as data (phase, exposure, judgement, who, from …).</param>
public sealed record Fact(
    long Seq, DateTimeOffset At, TargetKey Key, string? RolloutId, string Kind, string What, string Text, string Data);

/// <param name="Before">Only facts with a lower Seq; null for the newest.</param>
public sealed record FactQuery(TargetKey Key, string? RolloutId = null, int Limit = 100, long? Before = null);

/// <summary>The store cannot be read or written now. The message says what, where and what to do.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The one service that it cannot be used for; null when it cannot be used at all.</summary>
    public TargetKey? Only { get; init; }

    /// <summary>What stands there is no store that this build may use: waiting does not help.</summary>
    public bool IsForeign { get; init; }

    /// <summary>Nothing is broken: another process decides now.</summary>
    public bool IsElsewhere { get; init; }
}

/// <summary>Another writer was there first: reload and decide anew.</summary>
public sealed class StaleGenerationException(TargetKey key, long expected, long found)
    : Exception($"{key}: the store holds generation {found}, this decision was made from {expected}; it is dropped and made anew.")
{
    /// <summary>The service of the first stale commit; nothing of the batch was saved.</summary>
    public TargetKey Key { get; } = key;
}
