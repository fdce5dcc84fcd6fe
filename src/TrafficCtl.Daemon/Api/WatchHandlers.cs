using System.Runtime.CompilerServices;
using Microsoft.Extensions.Hosting;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Targets;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api;

/// <summary>Statuses as a stream: at every change, and each second besides, so that times and rates move.</summary>
internal sealed class WatchHandlers(
    Views views, TargetLookup targets, Readiness readiness, Statuses statuses, TimeProvider clock,
    WatchCounts counts, IHostApplicationLifetime lifetime, Standby? standby = null)
{
    private static readonly TimeSpan Refresh = TimeSpan.FromSeconds(1);

    private readonly CancellationToken stopping = lifetime.ApplicationStopping;

    /// <summary>What is watched; the limits have given it a place already.</summary>
    public Answer<Watching> Open(WatchRequest request, Caller caller)
    {
        TargetKey? key = null;
        if (request.Service.Length > 0)
        {
            var (view, refusal) = targets.Find(caller, request.Service, request.Environment, request.Target);
            if (view is null) return refusal!;
            key = view.Key;
        }
        else if (request.Environment.Length > 0 || request.Target.Length > 0)
        {
            return Refusal.BadRequest("an environment or a target is named, and no service", "service");
        }
        else if (views.All.IsEmpty && readiness.StillUnknown is { } why)
        {
            return Refusal.NotKnownYet(why);
        }

        return new Watching(this, key, caller, counts);
    }

    private async IAsyncEnumerable<ServiceStatus> StreamAsync(
        TargetKey? key, Caller caller, [EnumeratorCancellation] CancellationToken stop)
    {
        while (true)
        {
            var version = views.Version;
            // It was the leader when it was asked, and is no longer: a client that reconnects gets the name of the new one.
            if (standby?.Invoke() is not null) yield break;
            // A client whose token was revoked or has expired meanwhile is refused when it reconnects.
            if (!caller.Identity.IsStillGood()) yield break;
            if (key is not { } one)
            {
                await foreach (var status in statuses.AllAsync(caller, "", int.MaxValue, stop))
                {
                    // Who reads slowly is long in one round.
                    if (!caller.Identity.IsStillGood()) yield break;
                    yield return status;
                }
            }
            else
            {
                // No longer configured: the stream ends, and a client that reconnects gets the reason.
                if (await statuses.FindAsync(one, stop) is not { } status) yield break;
                yield return status;
            }

            if (!await ChangedAsync(version, stop)) yield break;
        }
    }

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

    /// <summary>One watch.</summary>
    internal sealed class Watching(WatchHandlers owner, TargetKey? key, Caller caller, WatchCounts counts)
    {
        /// <summary>Also the end of the process ends the stream.</summary>
        public CancellationToken Stopping => owner.stopping;

        /// <summary>
        /// The present, then every change; ends when the target is no longer declared or this process is no longer the leader.
        /// </summary>
        /// <param name="drop">Called when a status is not taken within <see cref="WatchCounts.UnreadFor"/>: cuts the connection.</param>
        /// <param name="stop">Ends it.</param>
        public async IAsyncEnumerable<ServiceStatus> StreamAsync(Action drop, [EnumeratorCancellation] CancellationToken stop)
        {
            // In real time: a socket takes it, whatever the clock of the process says.
            await using var unread = TimeProvider.System.CreateTimer(_ => Drop(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            await foreach (var status in owner.StreamAsync(key, caller, stop))
            {
                unread.Change(counts.UnreadFor, Timeout.InfiniteTimeSpan);
                yield return status;
                unread.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }

            void Drop()
            {
                counts.Drop();
                drop();
            }
        }
    }
}
