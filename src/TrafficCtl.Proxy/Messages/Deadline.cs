using Microsoft.AspNetCore.Http.Features;

namespace TrafficCtl.Proxy.Messages;

/// <summary>The time an upstream has to send response headers; joined with the client's own cancellation, and used again.</summary>
/// <remarks>
/// The timer is not touched per request: it stays armed from one to the next, and when it fires early it is set to what
/// is left. A busy connection sets it once per deadline instead of twice per request.
/// </remarks>
internal sealed class Deadline(TimeProvider clock)
{
    private const long Never = long.MaxValue;
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    private readonly Lock gate = new();
    private CancellationTokenSource? source;
    private ITimer? timer;
    private CancellationTokenRegistration link;
    private CancellationToken client;
    private TimeSpan patience;
    private long dueAt, firesAt;
    private bool isArmed, timedOut, isStopped = true;

    /// <summary>Puts a token that either cancels in place of the client's.</summary>
    public void Begin(IHttpRequestLifetimeFeature lifetime, TimeSpan within)
    {
        source ??= new CancellationTokenSource();
        (client, patience) = (lifetime.RequestAborted, within);
        link = client.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), source);
        lifetime.RequestAborted = source.Token;
        lock (gate)
        {
            (isStopped, timedOut) = (false, false);
            Expect(within);
        }
    }

    /// <summary>The client has gone away, or reset its stream.</summary>
    public bool ClientLeft => client.IsCancellationRequested;

    /// <summary>The client's turn: until it sends more, the upstream has nothing to answer.</summary>
    public void Suspend() => Allow(Timeout.InfiniteTimeSpan);

    /// <summary>The upstream's turn, from now.</summary>
    public void Restart() => Allow(patience);

    /// <summary>Response headers arrived, or never will.</summary>
    /// <returns>Whether the time was up first.</returns>
    public bool Stop()
    {
        lock (gate)
        {
            isStopped = true;
            return timedOut;
        }
    }

    /// <returns>Whether the time was up before response headers came.</returns>
    public bool End(out bool clientLeft)
    {
        Stop();
        link.Dispose();
        clientLeft = client.IsCancellationRequested;
        client = default;
        if (source is not null && !source.TryReset())
        {
            source.Dispose();
            source = null;
        }

        return timedOut;
    }

    /// <summary>Bodies move on other threads than answers arrive: without the lock, a late restart would cut a good answer.</summary>
    private void Allow(TimeSpan within)
    {
        lock (gate)
        {
            if (!isStopped) Expect(within);
        }
    }

    private void Expect(TimeSpan within)
    {
        if (within == Timeout.InfiniteTimeSpan)
        {
            dueAt = Never;
            return;
        }

        dueAt = clock.GetTimestamp() + (long)(within.TotalSeconds * clock.TimestampFrequency);
        if (!isArmed || dueAt < firesAt) Arm(within);
    }

    private void Arm(TimeSpan within)
    {
        (isArmed, firesAt) = (true, dueAt);
        timer ??= clock.CreateTimer(
            static deadline => ((Deadline)deadline!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        timer.Change(within, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Cancels under the lock: once <see cref="Stop"/> has returned, this can no longer meet the next request.</summary>
    private void Fire()
    {
        lock (gate)
        {
            isArmed = false;
            if (isStopped || dueAt == Never) return;
            var left = clock.GetElapsedTime(clock.GetTimestamp(), dueAt);
            if (left > TimeSpan.Zero)
            {
                // Timers count whole milliseconds; less would fire at once, again and again.
                Arm(left < Shortest ? Shortest : left);
                return;
            }

            timedOut = !client.IsCancellationRequested;
            isStopped = true;
            source?.Cancel();
        }
    }
}
