using System.Collections.Concurrent;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Running;

/// <summary>A cluster's router in a process that has other targets too: a round does not wait for a cluster that is slow.</summary>
/// <remarks>
/// A call that takes longer than <see cref="Patience"/> goes on, and the round gets a fault; a later round takes its answer. While one call
/// is late no other is waited for, so that many services of a slow cluster cost a round no more than one.
/// </remarks>
internal sealed class PatientRouter(ITrafficRouter router, string cluster, TimeProvider clock) : ITrafficRouter
{
    /// <summary>How long a round waits, with a second for each target.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    /// <summary>A call that no round has asked about for longer says nothing of now: its target was not driven meanwhile.</summary>
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<(TargetKey Key, string Call), Late> late = [];

    /// <summary>A call is late now. What has answered waits for its round, which may never come.</summary>
    private bool IsSlow
    {
        get
        {
            foreach (var (_, one) in late)
                if (!one.Answer.IsCompleted) return true;
            return false;
        }
    }

    public ValueTask<ApplyOutcome> ApplyAsync(ServiceRoute route, CancellationToken stop) =>
        BoundAsync(route.Key, "apply", route, () => router.ApplyAsync(route, stop), stop);

    public ValueTask<RouterStatus?> ObserveAsync(TargetKey key, CancellationToken stop) =>
        BoundAsync(key, "observe", null, () => router.ObserveAsync(key, stop), stop);

    public ValueTask<RouterStatus?> RecallAsync(TargetKey key, CancellationToken stop) =>
        BoundAsync(key, "recall", null, () => router.RecallAsync(key, stop), stop);

    public async ValueTask AnsweredAsync(Wish abort, CancellationToken stop) => await BoundAsync(
        abort.Key, "answer", abort,
        async () =>
        {
            await router.AnsweredAsync(abort, stop);
            return true;
        },
        stop);

    /// <summary>A person waits for it, and no round.</summary>
    public ValueTask<AbortEffect?> AbortAsync(Wish abort, CancellationToken stop) => router.AbortAsync(abort, stop);

    public void Settle(TargetKey key) => router.Settle(key);

    /// <param name="key">Whose call.</param>
    /// <param name="call">Its name.</param>
    /// <param name="about">What it is about: the answer to another question is not taken. Null where there is only one question.</param>
    /// <param name="ask">Asks.</param>
    /// <param name="stop">Ends the wait, and the call.</param>
    /// <exception cref="TimeoutException">There is no answer yet.</exception>
    private async ValueTask<T> BoundAsync<T>(TargetKey key, string call, object? about, Func<ValueTask<T>> ask, CancellationToken stop)
    {
        var (patience, at, now) = (IsSlow ? TimeSpan.Zero : Patience, (key, call), clock.GetTimestamp());
        if (late.TryGetValue(at, out var before))
        {
            if (!before.Answer.IsCompleted)
            {
                late[at] = before with { AskedAt = now };
                throw Slow();
            }

            late.TryRemove(at, out _);
            var isFresh = clock.GetElapsedTime(before.AskedAt, now) <= Freshness;
            if (isFresh && before.Answer is Task<T> answer && Equals(before.About, about)) return await answer;
        }

        var asking = ask();
        if (asking.IsCompleted) return await asking;
        var task = asking.AsTask();
        try
        {
            return await task.WaitAsync(patience, clock, stop);
        }
        catch (TimeoutException)
        {
            if (task.IsCompleted) return await task;
            late[at] = new Late(task, about, clock.GetTimestamp());
            throw Slow();
        }
    }

    private TimeoutException Slow() => new($"{cluster} is slow to answer: what is in force there is not known now; the call goes on");

    /// <param name="Answer">Under way, or here.</param>
    /// <param name="About">What was asked.</param>
    /// <param name="AskedAt">When a round last asked for it: a timestamp of the clock.</param>
    private sealed record Late(Task Answer, object? About, long AskedAt);
}
