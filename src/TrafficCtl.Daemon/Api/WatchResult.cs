using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;

namespace TrafficCtl.Daemon.Api;

/// <summary>A watch as server-sent events.</summary>
internal sealed class WatchResult(WatchHandlers.Watching watching) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, watching.Stopping);
        try
        {
            await TypedResults.ServerSentEvents(EventsAsync(httpContext.Abort, stop.Token)).ExecuteAsync(httpContext);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The client went or the process stops; either way the stream is over.
        }
    }

    private async IAsyncEnumerable<SseItem<string>> EventsAsync(Action drop, [EnumeratorCancellation] CancellationToken stop)
    {
        await foreach (var status in watching.StreamAsync(drop, stop)) yield return new SseItem<string>(Messages.Format(status), "status");
    }
}
