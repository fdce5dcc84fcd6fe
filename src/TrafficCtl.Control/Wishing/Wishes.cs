using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Control.Waking;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Wishing;

/// <summary>What people and APIs ask for: recorded durably, then handled once by the engine.</summary>
public sealed class Wishes
{
    private readonly IStore store;
    private readonly Views views;
    private readonly WorkQueue queue;
    private readonly Answers answers;
    private readonly Aborting aborting;
    private readonly TimeProvider clock;

    internal Wishes(IStore store, Views views, WorkQueue queue, Answers answers, Aborting aborting, TimeProvider clock)
    {
        this.store = store;
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
    /// An abort takes the candidate to 0 before it is recorded, and is accepted with a warning where it cannot be.
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
        if (wish.Kind == WishKind.Abort) return await aborting.MakeAsync(wish, wait, stop);
        var recorded = await store.RecordWishAsync(wish, stop);
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
}
