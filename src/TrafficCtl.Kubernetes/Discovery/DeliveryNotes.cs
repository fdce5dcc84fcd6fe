using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>Keeps what discovery and wishes must know after a restart in the status of each service's Delivery.</summary>
/// <remarks>The object is the store's, made when a service is born: before that nothing is kept, and nothing is lost.</remarks>
internal sealed class DeliveryNotes(IKubeView view, IKube kube) : INonceBook
{
    private const string Handled = "handled", Discovered = "discovery";

    private readonly ConcurrentDictionary<string, string?> written = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ImmutableSortedDictionary<string, string>> nonces = new(StringComparer.Ordinal);

    public SlotNotes Read(string service) =>
        SlotNotes.Read(written.TryGetValue(service, out var text) ? text : Status(service)?.TextAt(Discovered));

    /// <summary>The uid of the object that notes are kept in; null while there is none.</summary>
    public string? Uid(string service) => view.Get(NameOf(service))?.UidOf();

    /// <summary>The last good version that the store keeps there; null before a birth.</summary>
    public string? LastGood(string service) => Status(service)?.TextAt("record", "lastGood");

    /// <summary>False while there is no object to keep it in.</summary>
    /// <exception cref="KubeException">Nothing was saved.</exception>
    public async ValueTask<bool> WriteAsync(string service, SlotNotes notes, CancellationToken stop)
    {
        if (view.Get(NameOf(service)) is null) return false;
        var text = notes.Write();
        await PatchAsync(service, new JsonObject { [Discovered] = text }, stop);
        written[service] = text;
        return true;
    }

    /// <summary>Another process is the leader: what the server says counts, and not what this one wrote once.</summary>
    public void Forget()
    {
        written.Clear();
        nonces.Clear();
    }

    public ValueTask<ImmutableSortedDictionary<string, string>> ReadAsync(string service, CancellationToken stop) =>
        ValueTask.FromResult(nonces.TryGetValue(service, out var known)
            ? known
            : Status(service)?.TextsAt(Handled) ?? ImmutableSortedDictionary<string, string>.Empty);

    public async ValueTask WriteAsync(string service, ImmutableSortedDictionary<string, string> handled, CancellationToken stop)
    {
        await PatchAsync(
            service, new JsonObject { [Handled] = new JsonObject(handled.Select(h => KeyValuePair.Create(h.Key, (JsonNode?)h.Value))) },
            stop);
        nonces[service] = handled;
    }

    private JsonObject? Status(string service) => view.Get(NameOf(service))?.MapAt("status");

    private async ValueTask PatchAsync(string service, JsonObject status, CancellationToken stop)
    {
        var name = NameOf(service);
        if (view.Get(name) is null) throw new KubeException(
            $"{name} is not there yet, so nothing can be kept of {service}; it is retried when the service is born.",
            HttpStatusCode.NotFound, "NotFound");
        await kube.PatchAsync(name, KubePatch.Merge(new JsonObject { ["status"] = status }), "status", stop);
    }

    private static KubeName NameOf(string service)
    {
        var dot = service.IndexOf('.', StringComparison.Ordinal);
        return new KubeName(KubeKind.Delivery, service[..dot], service[(dot + 1)..]);
    }
}
