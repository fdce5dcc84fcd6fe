using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Kubernetes.Client;

namespace TrafficCtl.Kubernetes.Caching;

/// <summary>Knows all objects of a kind: lists them, watches from there, and begins anew when the server forgot where it was.</summary>
/// <remarks>
/// While the server is away what is known stays known. A kind that is not served has no objects, and is looked for again.
/// </remarks>
internal sealed partial class Informer(
    KubeClient client, WatchedKind watched, Action<KubeKind> changed, TimeProvider clock, Random random, ILogger log)
{
    /// <summary>How often it is asked whether a missing kind is served by now.</summary>
    public static readonly TimeSpan Probing = TimeSpan.FromMinutes(3);

    /// <summary>A watch that ends sooner, without an event, is a failure.</summary>
    private static readonly TimeSpan ShortWatch = TimeSpan.FromSeconds(1);

    private readonly Shelf shelf = new();
    private readonly Backoff backoff = new(random, clock);
    private readonly TaskCompletionSource synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? position;
    private bool streams = true;
    private string? problem;

    public KubeKind Kind => watched.Kind;

    public string? In => watched.In;

    public Shelf Objects => shelf;

    /// <summary>Ends when all objects were listed once, or the kind is known not to be served.</summary>
    public Task Synced => synced.Task;

    /// <summary>Why the objects may be older than they look; null when they are not.</summary>
    public string? Problem => Volatile.Read(ref problem);

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var wait = await OnceAsync(stop);
                if (wait > TimeSpan.Zero) await Task.Delay(wait, clock, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>Lists if need be, and watches until the watch ends.</summary>
    /// <returns>How long to wait before the next.</returns>
    private async Task<TimeSpan> OnceAsync(CancellationToken stop)
    {
        try
        {
            var since = clock.GetTimestamp();
            var events = await (position is null && streams ? StreamAsync(stop) : WatchAsync(stop));
            return events == 0 && clock.GetElapsedTime(since) < ShortWatch ? backoff.Wait(null) : TimeSpan.Zero;
        }
        catch (KubeException e) when (e.IsExpired && position is not null)
        {
            position = null;
            return TimeSpan.Zero;
        }
        catch (KubeException e) when (e.Code is HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity
            && position is null
            && streams)
        {
            streams = false; // An older server: the list in pages then.
            return TimeSpan.Zero;
        }
        catch (KubeException e) when (e.Code == HttpStatusCode.NotFound)
        {
            Missing(e);
            return Probing;
        }
        catch (KubeException e)
        {
            Tell(e);
            return backoff.Wait(e.RetryAfter);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Broke(log, e, Kind);
            position = null;
            return backoff.Wait(null);
        }
    }

    /// <summary>Everything there is comes as events up to a marked bookmark, and what happens then on the same stream.</summary>
    private async Task<int> StreamAsync(CancellationToken stop)
    {
        List<JsonObject> initial = [];
        var events = 0;
        await foreach (var change in client.WatchAsync(watched.Kind, watched.In, watched.Labels, "", streamsList: true, stop))
        {
            events++;
            if (position is not null) Take(change);
            else if (change.Kind == KubeChangeKind.Added) initial.Add(change.Now);
            else if (EndsInitialEvents(change))
            {
                Listed(initial, Version(change.Now));
                initial = []; // The stream lasts for minutes, and what was listed is soon something else.
            }
        }

        return events;
    }

    private async Task<int> WatchAsync(CancellationToken stop)
    {
        if (position is null)
        {
            var list = await client.ListAsync(watched.Kind, watched.In, watched.Labels, stop);
            Listed(list.Items, list.ResourceVersion);
        }

        var events = 0;
        await foreach (var change in client.WatchAsync(watched.Kind, watched.In, watched.Labels, position!, stop))
        {
            events++;
            Take(change);
        }

        return events;
    }

    private void Listed(IEnumerable<JsonObject> items, string? version)
    {
        var isNew = shelf.Replace(items) | !synced.Task.IsCompleted;
        position = version;
        Good();
        synced.TrySetResult();
        if (isNew) changed(Kind);
    }

    private void Take(KubeChange change)
    {
        switch (change.Kind)
        {
            case KubeChangeKind.Bookmark: break;
            case KubeChangeKind.Deleted: shelf.Remove(change.Now); break;
            default: shelf.Put(change.Now); break;
        }

        position = Version(change.Now) ?? position;
        Good();
        if (change.Kind != KubeChangeKind.Bookmark) changed(Kind);
    }

    private void Good()
    {
        if (Interlocked.Exchange(ref problem, null) is { } was) Recovered(log, Kind, was);
    }

    private void Missing(KubeException e)
    {
        position = null;
        var interval = DurationText.Of(Probing);
        if (problem is null || !synced.Task.IsCompleted) NotServed(log, Kind, interval);
        Volatile.Write(ref problem, e.Message);
        var had = !shelf.IsEmpty | !synced.Task.IsCompleted;
        shelf.Replace([]);
        synced.TrySetResult();
        if (had) changed(Kind);
    }

    /// <summary>Once for each thing that is wrong, not once for each try.</summary>
    private void Tell(KubeException e)
    {
        if (Interlocked.Exchange(ref problem, e.Message) is not { } was || was != e.Message)
            Failing(log, Kind, In ?? "all namespaces", e.Message);
    }

    private static bool EndsInitialEvents(KubeChange change) =>
        change.Kind == KubeChangeKind.Bookmark
            && change.Now["metadata"]?["annotations"]?["k8s.io/initial-events-end"]?.GetValue<string>() == "true";

    private static string? Version(JsonObject what) => what["metadata"]?["resourceVersion"]?.GetValue<string>();

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The {Kind} of {Namespace} cannot be watched, and what is known of them may be old; it is retried: {Why}")]
    private static partial void Failing(ILogger log, KubeKind kind, string @namespace, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Kind} can be watched again, after: {Why}")]
    private static partial void Recovered(ILogger log, KubeKind kind, string why);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "The cluster does not serve {Kind}: nothing of that kind exists; it is looked for every {Interval}")]
    private static partial void NotServed(ILogger log, KubeKind kind, string interval);

    [LoggerMessage(Level = LogLevel.Error, Message = "The informer of {Kind} broke and begins anew")]
    private static partial void Broke(ILogger log, Exception e, KubeKind kind);
}
