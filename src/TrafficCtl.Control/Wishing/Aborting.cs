using System.Runtime.ExceptionServices;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Targets;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Control.Waking;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Wishing;

/// <summary>A person's abort: in force in the router first, then recorded, and answered in any case.</summary>
/// <remarks>
/// Nothing that may be broken stands before the router: not the store, not the record of the rollout, not the control loop.
/// What the store does not take is held by the router, and recorded by the loop when the store is back.
/// </remarks>
internal sealed class Aborting(
    IStore store, TargetDrivers drivers, Views views, WorkQueue queue, Answers answers, OpenAborts open, TimeProvider clock)
{
    /// <summary>How long each is waited for: together less than whoever asks waits.</summary>
    private static readonly TimeSpan ForRouter = TimeSpan.FromSeconds(2), ForStore = TimeSpan.FromSeconds(1.5);

    /// <summary>How long a loop is waited for that is known to be unable to decide.</summary>
    private static readonly TimeSpan ForStuckLoop = TimeSpan.FromSeconds(1);

    /// <exception cref="StoreUnavailableException">Nothing was recorded, and nothing is held.</exception>
    public async ValueTask<WishOutcome?> MakeAsync(Wish wish, TimeSpan wait, CancellationToken stop)
    {
        var began = clock.GetTimestamp();
        // From here on until the store has answered, the loop must take it for recorded by nobody else.
        open.Begin(wish);
        var (effect, routerTrouble) = await TakeAsync(wish, stop);
        var recording = RecordAsync(wish);
        var (recorded, storeTrouble) = await ForAsync(recording, ForStore, stop)
            ?? (null, new StoreUnavailableException("The store does not answer."));
        if (recorded is null)
        {
            if (effect is not null) return Unrecorded(wish, effect, storeTrouble!.Message);
            if (routerTrouble is null) ExceptionDispatchInfo.Throw(storeTrouble!);
            throw new StoreUnavailableException(
                $"{storeTrouble!.Message.TrimEnd('.')}. The split could not be changed without it either: {routerTrouble}.", storeTrouble);
        }

        try
        {
            var left = wait - clock.GetElapsedTime(began);
            if (effect is not null && views.Find(wish.Key) is not { Record: not null, RecordTrouble: null } && left > ForStuckLoop)
                left = ForStuckLoop;
            return await answers.Expect(recorded.Id).WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, clock, stop);
        }
        catch (TimeoutException)
        {
            return effect is null ? null : Undecided(recorded, effect);
        }
        finally
        {
            answers.Forget(recorded.Id);
        }
    }

    private async ValueTask<(AbortEffect? Effect, string? Trouble)> TakeAsync(Wish wish, CancellationToken stop)
    {
        try
        {
            var effect = await drivers.Of(wish.Key).Router.AbortAsync(wish, stop).AsTask().WaitAsync(ForRouter, clock, stop);
            views.Publish();
            return (effect, null);
        }
        catch (TimeoutException)
        {
            return (null, $"the router does not answer within {DurationText.Of(ForRouter)}");
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            return (null, fault.Message);
        }
    }

    /// <summary>Goes on when nobody waits any more: what is recorded late is decided late.</summary>
    private async Task<(Wish? Recorded, Exception? Trouble)?> RecordAsync(Wish wish)
    {
        try
        {
            return (await store.RecordWishAsync(wish, CancellationToken.None), null);
        }
        catch (Exception fault)
        {
            return (null, fault);
        }
        finally
        {
            open.End(wish);
            queue.Wake(wish.Key);
        }
    }

    /// <summary>Null when it did not end in time.</summary>
    private async ValueTask<T?> ForAsync<T>(Task<T?> work, TimeSpan time, CancellationToken stop)
        where T : struct
    {
        try
        {
            return await work.WaitAsync(time, clock, stop);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private static WishOutcome Unrecorded(Wish wish, AbortEffect effect, string why) => new(wish, true, Words(effect))
    {
        Warning = $"the abort is not recorded yet ({why.TrimEnd('.')}); it is recorded when the store is "
            + $"back{Earlier(wish, effect)}{(effect.Warning is null ? "" : $". Until then: {effect.Warning}")}",
    };

    private WishOutcome Undecided(Wish recorded, AbortEffect effect)
    {
        var why = views.Find(recorded.Key)?.RecordTrouble?.TrimEnd('.') ?? "the control loop has not decided";
        return new WishOutcome(recorded, true, Words(effect))
        {
            Warning = $"the abort is recorded, and the rollout is not ended yet ({why}); the candidate stays at 0 until it is",
        };
    }

    private static string Words(AbortEffect effect) => effect.Candidate is { } candidate
        ? $"{candidate} gets 0 % from now on, {effect.Stable} serves everything"
        : $"no candidate is in force and {effect.Stable} serves everything; a rollout that is found under way later is aborted before it "
            + "gets a request";

    private static string Earlier(Wish wish, AbortEffect effect) =>
        effect.Held.IsSameAs(wish) ? "" : $", as that of {effect.Held.Who}, who was first";
}
