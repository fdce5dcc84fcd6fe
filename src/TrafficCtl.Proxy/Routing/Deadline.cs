using Microsoft.AspNetCore.Http.Features;

namespace TrafficCtl.Proxy.Routing;

/// <summary>The time an upstream has to send response headers; joined with the client's own cancellation, and used again.</summary>
internal sealed class Deadline(TimeProvider clock)
{
    private CancellationTokenSource? source;
    private CancellationTokenRegistration link;
    private CancellationToken client;
    private TimeSpan patience;
    private bool isStopped, timedOut;

    /// <summary>Puts a token that either cancels in place of the client's.</summary>
    public void Begin(IHttpRequestLifetimeFeature lifetime, TimeSpan within)
    {
        source ??= new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
        (client, patience, isStopped, timedOut) = (lifetime.RequestAborted, within, false, false);
        link = client.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), source);
        source.CancelAfter(within);
        lifetime.RequestAborted = source.Token;
    }

    public void Restart()
    {
        if (!isStopped) source?.CancelAfter(patience);
    }

    /// <summary>Response headers arrived, or never will.</summary>
    /// <returns>Whether the time was up first.</returns>
    public bool Stop()
    {
        if (isStopped || source is null) return timedOut;
        isStopped = true;
        source.CancelAfter(Timeout.InfiniteTimeSpan);
        timedOut = source.IsCancellationRequested && !client.IsCancellationRequested;
        return timedOut;
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
}
