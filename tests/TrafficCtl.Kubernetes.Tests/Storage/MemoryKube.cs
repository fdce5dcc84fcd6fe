using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Tests.Storage;

/// <summary>
/// The objects of a cluster in memory, for what a store does: status apart from the rest, resource versions, and faults at chosen calls.
/// </summary>
internal sealed class MemoryKube : IKube
{
    private readonly Lock gate = new();
    private readonly Dictionary<KubeName, JsonObject> objects = [];
    private long version;

    /// <summary>The calls so far, such as <c>replace Delivery shop/checkout</c>.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>Thrown before the call has an effect.</summary>
    public Func<string, KubeException?> Before { get; set; } = _ => null;

    /// <summary>Thrown after the call had its effect: its answer is lost.</summary>
    public Func<string, KubeException?> After { get; set; } = _ => null;

    public JsonObject? Find(KubeName name)
    {
        lock (gate) return objects.GetValueOrDefault(name)?.DeepClone().AsObject();
    }

    public ImmutableArray<KubeName> Names(KubeKind kind)
    {
        lock (gate) return [.. objects.Keys.Where(n => n.Kind == kind).OrderBy(n => n.Name, StringComparer.Ordinal)];
    }

    /// <summary>An external change.</summary>
    public void Edit(KubeName name, Action<JsonObject> edit)
    {
        lock (gate)
        {
            edit(objects[name]);
            Stamp(objects[name]);
        }
    }

    public void Remove(KubeName name)
    {
        lock (gate) objects.Remove(name);
    }

    public ValueTask<JsonObject?> GetAsync(KubeName name, CancellationToken stop) =>
        Call($"get {name}", () => objects.GetValueOrDefault(name)?.DeepClone().AsObject(), stop);

    public ValueTask<KubeList> ListAsync(
        KubeKind kind, string? @in, string? labels, CancellationToken stop) => Call($"list {kind.Kind}", () => new KubeList(
        [.. objects.Where(o => o.Key.Kind == kind && (@in is null || o.Key.Namespace == @in)).Select(o => o.Value.DeepClone().AsObject())],
        version.ToString(CultureInfo.InvariantCulture)), stop);

    public ValueTask<JsonObject> CreateAsync(KubeKind kind, string? @in, JsonObject what, CancellationToken stop)
    {
        var made = what.DeepClone().AsObject();
        var name = new KubeName(kind, @in, made["metadata"]!["name"]!.GetValue<string>());
        return Call($"create {name}", () =>
        {
            if (objects.ContainsKey(name)) throw new KubeException($"create {name}: it exists", HttpStatusCode.Conflict, "AlreadyExists");
            made.Remove("status");
            made["metadata"]!["uid"] = Guid.NewGuid().ToString();
            made["metadata"]!["generation"] = 1;
            Stamp(made);
            objects[name] = made;
            return made.DeepClone().AsObject();
        }, stop);
    }

    public ValueTask<JsonObject> ReplaceAsync(KubeName name, JsonObject what, string? subresource, CancellationToken stop)
    {
        var body = what.DeepClone().AsObject();
        return Call($"replace {name}", () =>
        {
            if (!objects.TryGetValue(name, out var live))
                throw new KubeException($"replace {name}: not found", HttpStatusCode.NotFound, "NotFound");
            if (body["metadata"]!["resourceVersion"]?.GetValue<string>() != live["metadata"]!["resourceVersion"]!.GetValue<string>())
                throw new KubeException($"replace {name}: the object has been modified", HttpStatusCode.Conflict, "Conflict");
            foreach (var member in subresource is null ? body.Select(m => m.Key).Where(k => k != "status").ToArray() : [subresource])
                live[member] = body[member]?.DeepClone();
            Stamp(live);
            return live.DeepClone().AsObject();
        }, stop);
    }

    public ValueTask<JsonObject> PatchAsync(KubeName name, KubePatch patch, string? subresource, CancellationToken stop) =>
        throw new NotSupportedException();

    public ValueTask<bool> DeleteAsync(KubeName name, KubeDelete how, CancellationToken stop) =>
        Call($"delete {name}", () => objects.Remove(name), stop);

    public IAsyncEnumerable<KubeChange> WatchAsync(
        KubeKind kind, string? @in, string? labels, string resourceVersion, CancellationToken stop) => throw new NotSupportedException();

    public ValueTask<KubeKind?> FindAsync(
        string group, string plural, string kind, ImmutableArray<string> versions, CancellationToken stop) =>
        Call($"find {plural}.{group}", () => HasCrds ? new KubeKind(group, versions[0], plural, kind) : null, stop);

    public bool HasCrds { get; set; } = true;

    private void Stamp(JsonObject live) => live["metadata"]!["resourceVersion"] = (++version).ToString(CultureInfo.InvariantCulture);

    private async ValueTask<T> Call<T>(string what, Func<T> effect, CancellationToken stop)
    {
        await Task.Yield();
        stop.ThrowIfCancellationRequested();
        lock (gate)
        {
            Calls.Add(what);
            if (!HasCrds && !what.StartsWith("find", StringComparison.Ordinal))
                throw new KubeException($"{what}: the server could not find the requested resource", HttpStatusCode.NotFound, "NotFound");
            if (Before(what) is { } refused) throw refused;
            var result = effect();
            return After(what) is { } lost ? throw lost : result;
        }
    }
}
