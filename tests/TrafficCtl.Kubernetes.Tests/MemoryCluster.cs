using System.Collections.Immutable;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.TestKit;

namespace TrafficCtl.Kubernetes.Tests;

/// <summary>A cluster in memory whose informers are always current: for what does not care how objects travel.</summary>
internal sealed class MemoryCluster : IKube, IKubeView
{
    private readonly Dictionary<KubeName, JsonObject> objects = [];
    private int version, made;

    public event Action<KubeKind>? Changed;

    /// <summary>What the garbage collector took, because the last of its owners was gone.</summary>
    public List<KubeName> Collected { get; } = [];

    /// <summary>Mutating calls in order, such as <c>patch Delivery shop/checkout status</c>.</summary>
    public List<string> Writes { get; } = [];

    /// <summary>What goes wrong with a write; null when nothing does.</summary>
    public Func<string, KubeException?>? Fault { get; set; }

    /// <summary>No call is answered.</summary>
    public bool IsDown { get; set; }

    public HashSet<KubeKind> NotSynced { get; } = [];

    public bool IsSynced(KubeKind kind) => !NotSynced.Contains(kind);

    public HashSet<KubeKind> NotWatched { get; } = [];

    /// <summary>Kinds whose definition is missing.</summary>
    public HashSet<KubeKind> NotServed { get; } = [];

    public bool IsWatched(KubeKind kind) => !NotWatched.Contains(kind);

    /// <summary>What is there and no informer has heard of yet.</summary>
    public Predicate<KubeName> IsUnheard { get; set; } = static _ => false;

    public ImmutableArray<JsonObject> All(KubeKind kind) => [.. objects.Where(o => o.Key.Kind == kind && !IsUnheard(o.Key))
        .OrderBy(o => o.Key.ToString(), StringComparer.Ordinal)
        .Select(o => o.Value)];

    public JsonObject? Get(KubeName name) => IsUnheard(name) ? null : objects.GetValueOrDefault(name);

    /// <summary>Somebody else puts an object there.</summary>
    public JsonObject Put(KubeKind kind, string json) => Put(kind, JsonNode.Parse(json)!.AsObject());

    public JsonObject Put(KubeKind kind, JsonObject what)
    {
        var metadata = what["metadata"]!.AsObject();
        var name = new KubeName(kind, metadata["namespace"]?.GetValue<string>(), metadata["name"]!.GetValue<string>());
        var before = objects.GetValueOrDefault(name);
        metadata["uid"] ??= before?["metadata"]!["uid"]?.DeepClone() ?? $"uid-{++made}";
        metadata["resourceVersion"] = $"{++version}";
        var isSame = before is not null && JsonNode.DeepEquals(before["spec"], what["spec"]);
        metadata["generation"] = before is null ? 1 : before["metadata"]!["generation"]!.GetValue<int>() + (isSame ? 0 : 1);
        objects[name] = what;
        Changed?.Invoke(kind);
        return what;
    }

    /// <summary>Somebody else changes one.</summary>
    public void Edit(KubeName name, Action<JsonObject> change)
    {
        var next = objects[name].DeepClone().AsObject();
        change(next);
        Put(name.Kind, next);
    }

    public void Remove(KubeName name)
    {
        objects.Remove(name);
        Changed?.Invoke(name.Kind);
        Collect();
    }

    /// <summary>As the garbage collector does: by uid, so that an object of the same name is no owner.</summary>
    public void Collect()
    {
        while (objects.FirstOrDefault(o => IsOrphan(o.Value)) is { Value: not null } orphan)
        {
            objects.Remove(orphan.Key);
            Collected.Add(orphan.Key);
            Changed?.Invoke(orphan.Key.Kind);
        }
    }

    private bool IsOrphan(JsonObject thing) => thing["metadata"]!["ownerReferences"] is JsonArray { Count: > 0 } owners
        && owners.All(owner => objects.Values.All(o => (string?)o["metadata"]!["uid"] != (string?)owner!["uid"]));

    /// <summary>Everything as it is now, for an informer that hears of nothing more.</summary>
    public IReadOnlyDictionary<KubeName, JsonObject> Snapshot() => new Dictionary<KubeName, JsonObject>(objects);

    public ValueTask<JsonObject?> GetAsync(KubeName name, CancellationToken stop)
    {
        Answer($"get {name}");
        return new(objects.GetValueOrDefault(name)?.DeepClone().AsObject());
    }

    public ValueTask<KubeList> ListAsync(KubeKind kind, string? @in, string? labels, CancellationToken stop)
    {
        Answer($"list {kind}");
        var label = labels?.Split('=');
        return new(new KubeList([.. objects.Where(o => o.Key.Kind == kind && (@in is null || o.Key.Namespace == @in)
            && (label is null || (string?)o.Value["metadata"]!["labels"]?[label[0]] == label[1])).Select(
                o => o.Value.DeepClone().AsObject())], $"{version}"));
    }

    public ValueTask<JsonObject> CreateAsync(KubeKind kind, string? @in, JsonObject what, CancellationToken stop)
    {
        var copy = what.DeepClone().AsObject();
        var name = new KubeName(kind, @in, copy["metadata"]!["name"]!.GetValue<string>());
        Write($"create {name}");
        if (objects.ContainsKey(name)) throw new KubeException($"{name} exists", HttpStatusCode.Conflict, "AlreadyExists");
        return new(Put(kind, copy).DeepClone().AsObject());
    }

    public ValueTask<JsonObject> ReplaceAsync(KubeName name, JsonObject what, string? subresource, CancellationToken stop)
    {
        Write($"replace {name} {subresource}".TrimEnd());
        return new(Put(name.Kind, what.DeepClone().AsObject()).DeepClone().AsObject());
    }

    public ValueTask<JsonObject> PatchAsync(KubeName name, KubePatch patch, string? subresource, CancellationToken stop)
    {
        Write($"{(patch.Type.Contains("apply", StringComparison.Ordinal) ? "apply" : "patch")} {name} {subresource}".TrimEnd());
        var isApply = patch.Type.Contains("apply", StringComparison.Ordinal);
        if (!objects.TryGetValue(name, out var before))
        {
            if (!isApply) throw new KubeException($"{name} is not there", HttpStatusCode.NotFound, "NotFound");
            before = [];
        }

        try
        {
            var next = patch.Type.Contains("json-patch", StringComparison.Ordinal)
                ? JsonPatch.Apply(before.DeepClone(), patch.Body.DeepClone().AsArray())
                : JsonPatch.Merge(before.DeepClone(), patch.Body.DeepClone());
            return new(Put(name.Kind, next!.AsObject()).DeepClone().AsObject());
        }
        catch (JsonPatchException no)
        {
            throw new KubeException(no.Message, HttpStatusCode.UnprocessableEntity, "Invalid");
        }
    }

    public ValueTask<bool> DeleteAsync(KubeName name, KubeDelete how, CancellationToken stop)
    {
        Write($"delete {name}");
        var was = objects.ContainsKey(name);
        Remove(name);
        return new(was);
    }

    public async IAsyncEnumerable<KubeChange> WatchAsync(
        KubeKind kind, string? @in, string? labels, string resourceVersion, [EnumeratorCancellation] CancellationToken stop)
    {
        await Task.CompletedTask;
        yield break;
    }

    public ValueTask<KubeKind?> FindAsync(
        string group, string plural, string kind, ImmutableArray<string> versions, CancellationToken stop) =>
        new(new KubeKind(group, versions[0], plural, kind) is var found && NotServed.Contains(found) ? null : found);

    private void Answer(string what)
    {
        if (IsDown) throw new KubeException($"{what}: no answer", HttpStatusCode.ServiceUnavailable, "Down");
    }

    private void Write(string what)
    {
        Answer(what);
        if (Fault?.Invoke(what) is { } fault) throw fault;
        Writes.Add(what);
    }
}
