using System.Text.Json;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.Journaling;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Wishing;

/// <summary>Wishes that were sent before under the same idempotency key: by what the store keeps, so also before a restart.</summary>
internal sealed class Repeats(IStore store) : IDisposable
{
    /// <summary>A key is known as long as its answer is among so many facts of its target.</summary>
    public const int FactsRead = 1000;

    private readonly SemaphoreSlim gate = new(1);

    /// <summary>Records the wish unless it is recorded already.</summary>
    /// <returns>The wish to wait for, as it was recorded first; or what was answered to it.</returns>
    /// <exception cref="StoreUnavailableException">It cannot be read, or not written.</exception>
    public async ValueTask<(Wish Wish, WishOutcome? Answered)> RecordOnceAsync(Wish wish, CancellationToken stop)
    {
        if (wish.IdempotencyKey is null) return (await store.RecordWishAsync(wish, stop), null);
        // One at a time: two that come together are one wish.
        await gate.WaitAsync(stop);
        try
        {
            var before = await FindAsync(wish, stop);
            return before is null ? (await store.RecordWishAsync(wish, stop), null) : before.Value;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Null when nothing was asked under its key.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be read.</exception>
    public async ValueTask<(Wish Wish, WishOutcome? Answered)?> FindAsync(Wish wish, CancellationToken stop)
    {
        var key = wish.IdempotencyKey!;
        // Waiting ones first: one that is answered meanwhile is among the facts that are read afterwards.
        foreach (var waiting in await store.PendingWishesAsync(wish.Key, stop))
            if (waiting.IdempotencyKey == key) return (waiting, Check(wish, waiting));
        foreach (var fact in await store.FactsAsync(new FactQuery(wish.Key, Limit: FactsRead), stop))
            if (Read(fact, key) is { } answered) return (answered.Wish, Check(wish, answered.Wish) ?? answered);
        return null;
    }

    public void Dispose() => gate.Dispose();

    private static WishOutcome? Read(Fact fact, string key)
    {
        try
        {
            return Facts.AnswerUnder(fact, key);
        }
        catch (JsonException)
        {
            return null; // The decision was about another version.
        }
    }

    /// <summary>The refusal of a wish that is another than the first one; null when it is the same.</summary>
    private static WishOutcome? Check(Wish wish, Wish first)
    {
        var isSame = wish.Kind == first.Kind && wish.Version == first.Version && wish.Who == first.Who && wish.Reason == first.Reason
            && wish.ExpectedGeneration == first.ExpectedGeneration
            && (wish.Vote?.Gate, wish.Vote?.Rollout) == (first.Vote?.Gate, first.Vote?.Rollout);
        var before = RolloutWords.Asked(first);
        return isSame ? null : new WishOutcome(
            wish, false, $"the idempotency key {wish.IdempotencyKey} is that of another wish ({before}): give each wish a key of its own")
        {
            IsOfUsedKey = true,
        };
    }
}
