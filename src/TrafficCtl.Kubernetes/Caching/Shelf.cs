using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Caching;

/// <summary>The objects of one informer: written by its loop alone, read from any thread.</summary>
/// <remarks>
/// An object is kept as the bytes that came, and its nodes are made at the first look, of what is looked at alone: whole trees of nodes
/// are ten times as large. Threads that look for the first time at once each make the same nodes, and the last ones are kept;
/// whoever changes an object copies it before.
/// </remarks>
internal sealed class Shelf
{
    private ImmutableDictionary<(string? In, string Name), JsonObject> objects = ImmutableDictionary<(string?, string), JsonObject>.Empty;
    private ImmutableArray<JsonObject>? all = [];
    private readonly Lock gate = new();

    public JsonObject? Get(string? @in, string name) => Volatile.Read(ref objects).GetValueOrDefault((@in, name));

    /// <summary>In order of namespace and name.</summary>
    public ImmutableArray<JsonObject> All
    {
        get
        {
            lock (gate)
                return all ??= [.. objects.OrderBy(o => o.Key.In, StringComparer.Ordinal)
                    .ThenBy(o => o.Key.Name, StringComparer.Ordinal)
                    .Select(o => o.Value)];
        }
    }

    /// <summary>Puts what a full list brought in the place of everything; what it did not bring is gone.</summary>
    /// <returns>Whether anything is other than it was.</returns>
    public bool Replace(IEnumerable<JsonObject> listed)
    {
        var fresh = ImmutableDictionary.CreateBuilder<(string?, string), JsonObject>();
        foreach (var what in listed) fresh[Key(what)] = what;
        var old = objects;
        var same = fresh.Count == old.Count && fresh.All(f => old.TryGetValue(f.Key, out var was) && IsSame(was, f.Value));
        if (!same) Set(fresh.ToImmutable());
        return !same;
    }

    public void Put(JsonObject what) => Set(objects.SetItem(Key(what), what));

    public void Remove(JsonObject what) => Set(objects.Remove(Key(what)));

    public bool IsEmpty => objects.IsEmpty;

    private void Set(ImmutableDictionary<(string? In, string Name), JsonObject> fresh)
    {
        lock (gate) (objects, all) = (fresh, null);
    }

    private static (string?, string) Key(JsonObject what) => (Text(what, "namespace"), Text(what, "name") ?? "");

    private static bool IsSame(JsonObject a, JsonObject b) =>
        Text(a, "uid") == Text(b, "uid") && Text(a, "resourceVersion") == Text(b, "resourceVersion");

    private static string? Text(JsonObject what, string key) => what["metadata"]?[key]?.GetValue<string>();
}
