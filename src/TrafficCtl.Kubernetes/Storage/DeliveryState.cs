using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Storage;

/// <summary>What the status of one Delivery says: the state of record of its service, without evidence.</summary>
internal sealed record DeliveryState(TargetKey Key)
{
    /// <summary>Facts outside a rollout, and those still to be copied; of characters that they may take.</summary>
    public const int MostFacts = 192, MostFactCharacters = 192 * 1024;

    /// <summary>Null before the service's birth.</summary>
    public ServiceRecord? Record { get; init; }

    /// <summary>The last rollout that ended, so that its object can be repaired.</summary>
    public RolloutState? Ended { get; init; }

    /// <summary>The term of the writer of <see cref="Record"/>.</summary>
    public LeaderTerm Term { get; init; }

    public long Sequence { get; init; }

    public long LastWish { get; init; }

    public ImmutableArray<Wish> Wishes { get; init; } = [];

    /// <summary>Oldest first.</summary>
    public ImmutableArray<Fact> Facts { get; init; } = [];

    public long Generation => Record?.Generation ?? -1;

    /// <summary>The state after a decision.</summary>
    /// <param name="copied">
    /// By number of the rollout: the newest of its facts that its object holds, so that it needs no place here any more.
    /// </param>
    /// <exception cref="StaleGenerationException">It was made from another generation.</exception>
    /// <exception cref="InvalidOperationException">It breaks a rule of rollouts or wishes; nothing may be saved.</exception>
    public DeliveryState After(Commit commit, LeaderTerm term, IReadOnlyDictionary<string, long> copied)
    {
        var record = commit.Record;
        if (Generation != commit.ExpectedGeneration) throw new StaleGenerationException(record.Key, commit.ExpectedGeneration, Generation);
        CheckRollouts(commit);
        var wishes = Wishes;
        foreach (var outcome in commit.Wishes)
        {
            var left = wishes.RemoveAll(w => w.Id == outcome.Wish.Id);
            if (left.Length == wishes.Length)
                throw new InvalidOperationException(
                    $"{record.Key}: wish {outcome.Wish.Id} was never recorded, or is answered already. Nothing was saved.");
            wishes = left;
        }

        var sequence = Sequence;
        var facts = Facts.RemoveAll(f => f.RolloutId is { } id && copied.TryGetValue(id, out var newest) && f.Seq <= newest)
            .AddRange(commit.Facts.Select(fact => FactJson.Bound(fact) with { Seq = ++sequence }));
        return this with
        {
            Record = record with { Evidence = default, Recorded = 0 },
            Ended = commit.Rollout is { } about && about.Phase.IsFinal ? about : Ended,
            Term = term > Term ? term : Term,
            Sequence = sequence,
            Wishes = wishes,
            Facts = FactJson.Bound(facts, MostFacts, MostFactCharacters),
        };
    }

    /// <summary>The state with one more wish, and the wish with its id.</summary>
    /// <param name="wish">Without an id.</param>
    /// <param name="id">One that no other service uses; raised above those before.</param>
    /// <exception cref="StoreUnavailableException">Too many wait.</exception>
    public (DeliveryState State, Wish Wish) With(Wish wish, long id)
    {
        if (Wishes.Length >= WishJson.Most)
            throw new StoreUnavailableException(
                $"{Key}: {WishJson.Most} wishes wait for an answer already. Nothing was recorded; see whether there is a leader.")
            {
                Only = Key,
            };
        var recorded = WishJson.Bound(wish) with { Id = Math.Max(LastWish + 1, id) };
        return (this with { Wishes = Wishes.Add(recorded), LastWish = recorded.Id }, recorded);
    }

    private void CheckRollouts(Commit commit)
    {
        var (before, after) = (Record?.Active, commit.Record.Active);
        if (before is not null && before.Id != after?.Id && commit.Rollout is not { Phase.IsFinal: true })
            throw new InvalidOperationException($"{Key}: the decision does not end the active rollout {before.Id}. Nothing was saved.");
        if (before is not null && before.Id != after?.Id && commit.Rollout?.Id != before.Id)
            throw new InvalidOperationException(
                $"{Key}: the decision ends {commit.Rollout?.Id}, but {before.Id} is active. Nothing was saved.");
        if (after is not null && after.Id != before?.Id && after.Number <= (Record?.LastNumber ?? 0))
            throw new InvalidOperationException(
                $"{Key}: rollout {after.Id} has number {after.Number}, which was used before. Nothing was saved.");
    }
}
