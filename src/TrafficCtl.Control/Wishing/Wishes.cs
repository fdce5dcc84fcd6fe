using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Control.Waking;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Wishing;

/// <summary>What people and APIs ask for: recorded durably, then handled once by the engine.</summary>
public sealed class Wishes
{
    /// <summary>How long an abort waits to know whether it was sent before.</summary>
    private static readonly TimeSpan ForLookup = TimeSpan.FromMilliseconds(500);

    private readonly Views views;
    private readonly WorkQueue queue;
    private readonly Answers answers;
    private readonly Aborting aborting;
    private readonly Repeats repeats;
    private readonly TimeProvider clock;

    internal Wishes(Views views, WorkQueue queue, Answers answers, Aborting aborting, Repeats repeats, TimeProvider clock)
    {
        this.repeats = repeats;
        this.views = views;
        this.queue = queue;
        this.answers = answers;
        this.aborting = aborting;
        this.clock = clock;
    }

    /// <summary>
    /// Records the wish, wakes the loop and waits for the engine's answer; null when none came in time (it stays recorded).
    /// </summary>
    /// <remarks>
    /// A wish for an unknown target is refused without being recorded; its id stays 0. All others are recorded, and answered
    /// by the engine, a publish of a version that no file names too. An id and a time that are not set are set here.
    /// An abort takes the candidate to 0 before it is recorded, and is accepted with a warning where it cannot be. A wish whose idempotency
    /// key is known is not recorded again: it gets the answer of the first one, or a refusal when it asks for something else.
    /// </remarks>
    /// <exception cref="StoreUnavailableException">Nothing was recorded, and nothing has changed.</exception>
    public async ValueTask<WishOutcome?> MakeAsync(Wish wish, TimeSpan wait, CancellationToken stop)
    {
        if (views.Find(wish.Key) is null)
        {
            var known = string.Join(", ", views.All.Select(v => v.Key));
            return new WishOutcome(wish, false, $"nothing declares {wish.Key} here; known are {known}");
        }

        if (wish.At == default) wish = wish with { At = clock.GetUtcNow() };
        var before = wish.Kind == WishKind.Abort ? await BeforeAsync(wish, stop) : null;
        if (wish.Kind == WishKind.Abort && before is null) return await aborting.MakeAsync(wish, wait, stop);
        var (recorded, answered) = before ?? await repeats.RecordOnceAsync(wish, stop);
        if (answered is not null) return answered;
        var answer = answers.Expect(recorded.Id);
        queue.Wake(wish.Key);
        try
        {
            return await answer.WaitAsync(wait, clock, stop);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            answers.Forget(recorded.Id);
        }
    }

    /// <summary>
    /// What was asked under an abort's key; null when nothing was, and when the store cannot say: an abort waits for no store.
    /// </summary>
    private async ValueTask<(Wish Wish, WishOutcome? Answered)?> BeforeAsync(Wish abort, CancellationToken stop)
    {
        if (abort.IdempotencyKey is null) return null;
        try
        {
            return await repeats.FindAsync(abort, stop).AsTask().WaitAsync(ForLookup, clock, stop);
        }
        catch (Exception fault) when (fault is StoreUnavailableException or TimeoutException)
        {
            return null;
        }
    }
}
