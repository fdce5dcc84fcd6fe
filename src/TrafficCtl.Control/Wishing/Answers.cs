using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Wishing;

/// <summary>Brings the engine's answers to those who wait for them.</summary>
internal sealed class Answers
{
    private const int Kept = 256;

    private readonly Lock gate = new();
    private readonly Dictionary<long, TaskCompletionSource<WishOutcome>> waiting = [];
    private readonly Dictionary<long, WishOutcome> recent = [];
    private readonly Queue<long> order = new();

    /// <summary>The loop may have answered before anybody waited.</summary>
    public Task<WishOutcome> Expect(long wish)
    {
        lock (gate)
        {
            if (recent.TryGetValue(wish, out var outcome)) return Task.FromResult(outcome);
            if (!waiting.TryGetValue(wish, out var waiter))
                waiting[wish] = waiter = new TaskCompletionSource<WishOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
            return waiter.Task;
        }
    }

    public void Forget(long wish)
    {
        lock (gate) waiting.Remove(wish);
    }

    public void Give(WishOutcome outcome)
    {
        TaskCompletionSource<WishOutcome>? waiter;
        lock (gate)
        {
            if (recent.TryAdd(outcome.Wish.Id, outcome)) order.Enqueue(outcome.Wish.Id);
            if (order.Count > Kept) recent.Remove(order.Dequeue());
            waiting.Remove(outcome.Wish.Id, out waiter);
        }

        waiter?.TrySetResult(outcome);
    }
}
