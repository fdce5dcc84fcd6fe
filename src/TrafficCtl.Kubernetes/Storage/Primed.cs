using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Storage;

/// <summary>
/// All Deliveries in a few lists, and the Rollouts that are active, for the first look at every service when a leader takes over.
/// </summary>
internal sealed class Primed(IKube kube, KubeStoreSettings settings, TimeProvider clock)
{
    /// <summary>Later a service is read by itself.</summary>
    private static readonly TimeSpan Age = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly ConcurrentDictionary<KubeName, JsonObject> objects = new();
    private Task? listing;
    private long? listedAt;

    /// <summary>The Delivery as it was listed.</summary>
    /// <returns>Whether anything is known; and null when it was not there.</returns>
    public async ValueTask<(bool IsKnown, JsonObject? Found)> DeliveryAsync(KubeName name, CancellationToken stop)
    {
        Task listed;
        lock (gate)
        {
            if (listing is null or { IsFaulted: true } or { IsCanceled: true }) listing = ListAsync(stop);
            listed = listing;
        }

        await listed.WaitAsync(stop);
        if (IsOver()) return (false, null);
        var isKnown = settings.Namespaces.IsEmpty || settings.Namespaces.Contains(name.Namespace!);
        return (isKnown, Rollout(name));
    }

    /// <summary>Null when it was not listed a moment ago. Each object is given once.</summary>
    public JsonObject? Rollout(KubeName name) => !IsOver() && objects.TryRemove(name, out var found) ? found : null;

    private bool IsOver()
    {
        if (listedAt is { } at && clock.GetElapsedTime(at) <= Age) return false;
        objects.Clear();
        return true;
    }

    private async Task ListAsync(CancellationToken stop)
    {
        var active = new List<KubeName>();
        foreach (var space in settings.Namespaces.IsEmpty ? [null] : settings.Namespaces.Cast<string?>())
            foreach (var delivery in (await kube.ListAsync(KubeKind.Delivery, space, null, stop)).Items)
            {
                var name = new KubeName(KubeKind.Delivery, delivery.Meta("namespace"), delivery.Meta("name"));
                objects[name] = delivery;
                if (delivery.Object("status") is { } status
                    && status.Object("record")?.Text("active") is not null
                    && status.Text("rollout") is { } rollout)
                    active.Add(name with { Kind = KubeKind.Rollout, Name = rollout });
            }

        await Parallel.ForEachAsync(active, new ParallelOptions
        {
            MaxDegreeOfParallelism = settings.MostAtOnce,
            CancellationToken = stop,
        }, async (name, within) =>
        {
            if (await kube.GetAsync(name, within) is { } rollout) objects[name] = rollout;
        });
        listedAt = clock.GetTimestamp();
    }
}
