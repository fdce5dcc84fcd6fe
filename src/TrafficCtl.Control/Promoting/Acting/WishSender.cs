using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Promoting.State;
using TrafficCtl.Control.Wishing;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Promoting.Acting;

/// <summary>Asks the loop. What was asked is asked again under the same key, so that it is known what became of it.</summary>
internal sealed class WishSender(Wishes wishes)
{
    /// <summary>Between two askings under the same key.</summary>
    public static readonly TimeSpan Again = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <returns>What is known of the wish now.</returns>
    /// <exception cref="StoreUnavailableException">It is not recorded, or that is not known: it is asked again.</exception>
    public async ValueTask<WishMemory?> SendAsync(WishMemory next, WishMemory? before, TimeSpan running, CancellationToken stop)
    {
        if (before is not null && running - before.SentAt < PauseAfter(before, next)) return before;
        // The words of the first asking stay: under one key nothing else is asked.
        var wish = before?.Wish.IdempotencyKey == next.Wish.IdempotencyKey ? before!.Wish : next.Wish;
        var outcome = await wishes.MakeAsync(wish, TimeSpan.Zero, stop);
        var sent = next with { Wish = wish, SentAt = running };
        return outcome switch
        {
            null => sent,
            { Accepted: false, IsOfUsedKey: false, Wish.Id: 0 } => null,
            { Accepted: false } => sent with { Refusal = outcome.Answer },
            // It was taken, and what came of it is over, or is not seen yet.
            { Wish.Kind: WishKind.Publish or WishKind.Retry } when before is not null && sent.Wish == before.Wish =>
                sent with { Refusal = "what it began is over" },
            _ => sent,
        };
    }

    private static TimeSpan PauseAfter(WishMemory before, WishMemory next)
    {
        if (before.Wish.IdempotencyKey == next.Wish.IdempotencyKey) return Again;
        if (before.Refusal is null || next.Attempt <= before.Attempt) return TimeSpan.Zero;
        return TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, Again.Ticks << Math.Min(before.Attempt, 10)));
    }
}
