using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Caching;

/// <summary>What is known of a cluster without asking it: an informer for each kind and namespace that somebody needs.</summary>
/// <param name="client">Asked by the informers.</param>
/// <param name="clock">The clock of waits.</param>
/// <param name="log">Told what cannot be watched, once.</param>
/// <param name="seed">The seed of the jitter in waits.</param>
public sealed partial class KubeCache(KubeClient client, TimeProvider clock, ILogger<KubeCache> log, int seed) : IKubeView, IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private readonly List<Task> running = [];
    private ImmutableDictionary<WatchedKind, Informer> informers = ImmutableDictionary<WatchedKind, Informer>.Empty;

    public event Action<KubeKind>? Changed;

    /// <summary>Begins to watch; more than once is the same as once. The namespaces of a kind are seen as one.</summary>
    /// <param name="kind">In the version that the cluster serves.</param>
    /// <param name="in">A namespace; null for all.</param>
    /// <param name="labels">A label selector; null for all.</param>
    public void Watch(KubeKind kind, string? @in = null, string? labels = null)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(stop.IsCancellationRequested, this);
            var watched = new WatchedKind(kind, @in, labels);
            if (informers.ContainsKey(watched)) return;
            var informer = new Informer(client, watched, Raise, clock, new Random(seed + informers.Count), log);
            informers = informers.Add(watched, informer);
            running.Add(Task.Run(() => informer.RunAsync(stop.Token), CancellationToken.None));
        }
    }

    /// <summary>Ends when everything that is watched by now was listed once.</summary>
    public Task SyncedAsync(CancellationToken stop) => Task.WhenAll(informers.Values.Select(i => i.Synced)).WaitAsync(stop);

    /// <summary>What cannot be watched now and why, a sentence each.</summary>
    public ImmutableArray<string> Problems =>
        [.. informers.Values.Select(i => i.Problem).OfType<string>().Distinct(StringComparer.Ordinal)];

    public bool IsSynced(KubeKind kind)
    {
        var any = false;
        foreach (var informer in informers.Values.Where(i => i.Kind == kind))
        {
            if (!informer.Synced.IsCompleted) return false;
            any = true;
        }

        return any;
    }

    public bool IsWatched(KubeKind kind) => informers.Values.Any(i => i.Kind == kind);

    public ImmutableArray<JsonObject> All(KubeKind kind)
    {
        var of = informers.Values.Where(i => i.Kind == kind).ToArray();
        return of switch
        {
            [] => [],
            [var one] => one.Objects.All,
            _ => [.. of.SelectMany(i => i.Objects.All).DistinctBy(
                o => (o["metadata"]?["namespace"]?.GetValue<string>(), o["metadata"]?["name"]?.GetValue<string>()))],
        };
    }

    public JsonObject? Get(KubeName name)
    {
        foreach (var informer in informers.Values)
        {
            if (informer.Kind == name.Kind
                && (informer.In is null || informer.In == name.Namespace)
                && informer.Objects.Get(name.Namespace, name.Name) is { } found)
                return found;
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        Task[] last;
        lock (gate) last = [.. running];
        await Task.WhenAll(last);
        stop.Dispose();
    }

    private void Raise(KubeKind kind)
    {
        try
        {
            Changed?.Invoke(kind);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            ListenerBroke(log, e, kind);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A listener to changes of {Kind} broke")]
    private static partial void ListenerBroke(ILogger log, Exception e, KubeKind kind);
}
