using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Daemon.Api;

/// <summary>Statuses as server-sent events: at every change, and each second besides, so that times and rates move.</summary>
internal sealed class WatchHandlers(
    Views views, TargetLookup targets, Readiness readiness, Statuses statuses, TimeProvider clock, IHostApplicationLifetime lifetime,
    Standby? standby = null)
{
    public const int MostWatchers = 64;

    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(1);

    private readonly CancellationToken stopping = lifetime.ApplicationStopping;
    private int watchers;

    public Task<IResult> WatchAsync(HttpContext context, CancellationToken stop)
    {
        TargetKey? key = null;
        if (context.GetRouteValue("service") is not null)
        {
            var (view, problem) = targets.Find(context);
            if (view is null) return Task.FromResult<IResult>(problem!);
            key = view.Key;
        }
        else if (views.All.IsEmpty && readiness.StillUnknown is { } why)
        {
            return Task.FromResult<IResult>(ProblemResult.NotKnownYet(why));
        }

        if (Interlocked.Increment(ref watchers) > MostWatchers)
        {
            Interlocked.Decrement(ref watchers);
            return Task.FromResult<IResult>(new ProblemResult(
                StatusCodes.Status503ServiceUnavailable, "too many watchers", $"{MostWatchers} are watching already: close one"));
        }

        return Task.FromResult<IResult>(new WatchResult(this, key));
    }

    private async IAsyncEnumerable<SseItem<string>> StreamAsync(TargetKey? key, [EnumeratorCancellation] CancellationToken stop)
    {
        while (true)
        {
            var version = views.Version;
            // It led when it was asked, and does no more: who reconnects is told who does.
            if (standby?.Invoke() is not null) yield break;
            if (key is not { } one)
            {
                await foreach (var status in statuses.AllAsync(stop)) yield return Item(status);
            }
            else
            {
                // No longer configured: the stream ends, and who reconnects is told.
                if (await statuses.FindAsync(one, stop) is not { } status) yield break;
                yield return Item(status);
            }

            if (!await ChangedAsync(version, stop)) yield break;
        }
    }

    private static SseItem<string> Item(V1.ServiceStatus status) => new(Messages.Format(status), "status");

    /// <summary>Waits for a change or for the refresh; false when the client or the process goes.</summary>
    private async Task<bool> ChangedAsync(long version, CancellationToken stop)
    {
        using var refresh = new CancellationTokenSource(Refresh, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, refresh.Token);
        try
        {
            await views.ChangedAsync(version, either.Token);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            return !stop.IsCancellationRequested;
        }

        return true;
    }

    private sealed class WatchResult(WatchHandlers owner, TargetKey? key) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, owner.stopping);
            try
            {
                await TypedResults.ServerSentEvents(owner.StreamAsync(key, stop.Token)).ExecuteAsync(httpContext);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // The client went or the process stops; either way the stream is over.
            }
            finally
            {
                Interlocked.Decrement(ref owner.watchers);
            }
        }
    }
}
