using System.Text.Json.Nodes;

namespace TrafficCtl.TestKit;

/// <summary>What etcd does: the objects, one revision for all of them, the history, and who watches.</summary>
/// <remarks>An object here is never changed, only replaced. Everything is read and written under <see cref="Gate"/>.</remarks>
internal sealed class KubeObjects
{
    private readonly Dictionary<(string Group, string Plural), KubeResource> resources = [];
    private readonly List<KubeEntry> history = [];
    private readonly List<KubeWatcher> watchers = [];
    private readonly Dictionary<string, KubePage> pages = [];
    private const int MostHistory = 20_000, MostPages = 1_000;

    private static int servers;

    private readonly int server = Interlocked.Increment(ref servers);
    private long compacted;
    private long born;
    private long begun;

    public KubeObjects()
    {
        foreach (var resource in KubeResource.BuiltIn()) Add(resource);
    }

    public Lock Gate { get; } = new();

    /// <summary>The request that is being served; null for a write of the test's own.</summary>
    public KubeCall? By { get; set; }

    /// <summary>Told of each change.</summary>
    public Action<KubeWritten>? Written { get; set; }

    public long Revision { get; private set; } = 1000;

    public IEnumerable<KubeResource> Resources => resources.Values;

    public IReadOnlyList<KubeWatcher> Watchers => watchers;

    public KubeResource? Find(string group, string plural) => resources.GetValueOrDefault((group, plural));

    /// <summary>Adds it, or its versions to what is there, with the objects kept.</summary>
    public void Add(KubeResource resource)
    {
        if (Find(resource.Group, resource.Plural) is { } old)
        {
            foreach (var version in resource.Versions)
            {
                old.Versions.RemoveAll(v => v.Name == version.Name);
                old.Versions.Add(version);
            }
        }
        else resources.Add((resource.Group, resource.Plural), resource);
    }

    /// <summary>The CRD went: its objects go too, and its watches end.</summary>
    public void Remove(string group, string plural)
    {
        if (!resources.Remove((group, plural), out var resource)) return;
        foreach (var watcher in watchers.Where(w => w.Resource == resource).ToArray()) watcher.End();
    }

    /// <summary>Unlike any other, also of another server.</summary>
    public string NewUid() => $"{server:x8}-0000-4000-8000-{++born:x12}";

    public string NewSuffix() => (++born).ToString("x5", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Stores the object in the next revision, or removes it; watchers hear of it.</summary>
    public JsonObject Commit(KubeResource resource, string key, JsonObject? old, JsonObject now, bool gone)
    {
        now["metadata"]!["resourceVersion"] = (++Revision).ToString(System.Globalization.CultureInfo.InvariantCulture);
        now = JsonNode.Parse(now.ToJsonString())!.AsObject(); // What was built of numbers and what was read compare the same.
        if (gone) resource.Objects.Remove(key);
        else resource.Objects[key] = now;
        var entry = new KubeEntry(Revision, resource, old, now, gone);
        history.Add(entry);
        if (history.Count > MostHistory) Forget(MostHistory / 2);
        foreach (var watcher in watchers) watcher.Tell(entry);
        Written?.Invoke(new KubeWritten(By, resource.Group, resource.Plural, old, now, gone));
        return now;
    }

    /// <summary>As the garbage collector does: what the object owned goes with it, unless another owner is left.</summary>
    public void Collect(JsonObject owner)
    {
        var (uid, by) = ((string)owner["metadata"]!["uid"]!, By);
        By = null;
        foreach (var resource in resources.Values)
        {
            foreach (var (key, thing) in resource.Objects.ToArray())
            {
                if (resource.Objects.GetValueOrDefault(key) != thing) continue;
                if (thing["metadata"]!["ownerReferences"] is not JsonArray owners || owners.All(o => (string?)o!["uid"] != uid)) continue;
                var left = owners.Where(o => Lives((string?)o!["uid"])).Select(o => o!.DeepClone()).ToArray();
                var now = thing.DeepClone().AsObject();
                if (left.Length > 0) now["metadata"]!["ownerReferences"] = new JsonArray(left);
                else now["metadata"]!["deletionTimestamp"] = "2026-01-01T00:00:00Z";
                var isGone = left.Length == 0 && now["metadata"]!["finalizers"] is not JsonArray { Count: > 0 };
                Commit(resource, key, thing, now, isGone);
                if (isGone) Collect(now);
            }
        }

        By = by;
    }

    /// <summary>
    /// As the garbage collector does with an object whose owners are all gone already: they are known by uid, not by name.
    /// </summary>
    public void CollectOrphan(KubeResource resource, string key, JsonObject thing)
    {
        if (thing["metadata"]!["ownerReferences"] is not JsonArray { Count: > 0 } owners) return;
        if (owners.Any(o => Lives((string?)o!["uid"]))) return;
        var by = By;
        By = null;
        var now = thing.DeepClone().AsObject();
        now["metadata"]!["deletionTimestamp"] = "2026-01-01T00:00:00Z";
        Commit(resource, key, thing, now, gone: true);
        By = by;
    }

    private bool Lives(string? uid) => resources.Values.Any(r => r.Objects.Values.Any(o => (string?)o["metadata"]!["uid"] == uid));

    /// <summary>Forgets every change up to now: older watch positions and pages are expired.</summary>
    public void Compact()
    {
        compacted = Revision;
        history.Clear();
        pages.Clear();
    }

    private void Forget(int oldest)
    {
        compacted = history[oldest - 1].Revision;
        history.RemoveRange(0, oldest);
    }

    /// <summary>Begins a watch with what happened after the revision.</summary>
    /// <exception cref="KubeRefusal">410: that is forgotten.</exception>
    public void Watch(KubeWatcher watcher, long after)
    {
        if (after < compacted) throw KubeRefusal.Expired($"too old resource version: {after} ({compacted})");
        foreach (var entry in history.Where(e => e.Revision > after)) watcher.Tell(entry);
        watchers.Add(watcher);
    }

    public void Unwatch(KubeWatcher watcher) => watchers.Remove(watcher);

    /// <summary>The rest of a list, kept as it was when its first page was made.</summary>
    public string Keep(KubePage page)
    {
        var token = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{page.Revision}:{++begun}"));
        if (pages.Count >= MostPages) pages.Clear();
        pages[token] = page;
        return token;
    }

    /// <exception cref="KubeRefusal">410, with a token that goes on from the same key in the present.</exception>
    public KubePage Take(string token, Func<KubePage> present) => pages.TryGetValue(token, out var page)
        ? page
        : throw KubeRefusal.Expired("The provided continue parameter is too old to display a consistent list result.", Keep(present()));
}

/// <summary>One change.</summary>
internal sealed record KubeEntry(long Revision, KubeResource Resource, JsonObject? Old, JsonObject Now, bool IsGone);

/// <summary>The rest of a list that was begun.</summary>
internal sealed record KubePage(long Revision, JsonObject[] Rest);
