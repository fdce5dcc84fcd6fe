using Microsoft.AspNetCore.Http.Features;

namespace TrafficCtl.Proxy.Routing;

/// <summary>The time an upstream has to send response headers; joined with the client's own cancellation, and used again.</summary>
internal sealed class Deadline(TimeProvider clock)
{
    private readonly Lock gate = new();
    private CancellationTokenSource? source;
    private CancellationTokenRegistration link;
    private CancellationToken client;
    private TimeSpan patience;
    private bool isStopped, timedOut;

    /// <summary>Puts a token that either cancels in place of the client's.</summary>
    public void Begin(IHttpRequestLifetimeFeature lifetime, TimeSpan within)
    {
        source ??= new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
        lock (gate) (client, patience, isStopped, timedOut) = (lifetime.RequestAborted, within, false, false);
        link = client.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), source);
        source.CancelAfter(within);
        lifetime.RequestAborted = source.Token;
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
            if (isStopped || source is null) return timedOut;
            isStopped = true;
            source.CancelAfter(Timeout.InfiniteTimeSpan);
            timedOut = source.IsCancellationRequested && !client.IsCancellationRequested;
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
            if (!isStopped) source?.CancelAfter(within);
        }
    }
}
