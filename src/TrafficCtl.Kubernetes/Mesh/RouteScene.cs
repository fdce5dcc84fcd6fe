using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>All that a dialect sees: the target and the live objects it asked for. The objects are shared and are not changed.</summary>
internal sealed class RouteScene(ClusterTarget target, string service, ImmutableDictionary<MeshRead, SceneObjects> objects)
{
    public static RouteScene Empty(ClusterTarget target, string service) =>
        new(target, service, ImmutableDictionary<MeshRead, SceneObjects>.Empty);

    public ClusterTarget Target { get; } = target;

    /// <summary>The engine's name of the service.</summary>
    public string Service { get; } = service;

    public string Namespace => Target.Namespace;

    public RouteReference Route => Target.Route;

    public bool Has(MeshRead read) => objects.ContainsKey(read);

    public RouteScene With(MeshRead read, SceneObjects found) => new(Target, Service, objects.SetItem(read, found));

    /// <summary>Null when it does not exist, or was not asked for.</summary>
    public JsonObject? Find(MeshResource of, string name)
    {
        foreach (var (read, found) in objects)
        {
            if (!read.Of.Equals(of) || read.Name != name) continue;
            return found.Items.IsEmpty ? null : found.Items[0];
        }

        return null;
    }

    public ImmutableArray<JsonObject> All(MeshResource of)
    {
        foreach (var (read, found) in objects)
            if (read.Of.Equals(of) && read.Name is null) return found.Items;
        return [];
    }

    /// <summary>The version of a kind that the cluster serves; null when none was seen.</summary>
    public string? VersionOf(MeshResource of)
    {
        foreach (var (read, found) in objects)
            if (read.Of.Equals(of) && found.Version is { } version) return version;
        return null;
    }

    /// <summary>Exactly the same live objects: what was concluded from the one holds for the other.</summary>
    public bool IsSameAs(RouteScene? other)
    {
        if (other is null || !Target.Equals(other.Target) || objects.Count != other.Count) return false;
        foreach (var (read, found) in objects)
        {
            if (!other.TryGet(read, out var theirs) || theirs.Items.Length != found.Items.Length) return false;
            for (var i = 0; i < found.Items.Length; i++)
                if (!ReferenceEquals(found.Items[i], theirs.Items[i])) return false;
        }

        return true;
    }

    private int Count => objects.Count;

    private bool TryGet(MeshRead read, out SceneObjects found)
    {
        if (objects.TryGetValue(read, out var seen))
        {
            found = seen;
            return true;
        }

        found = SceneObjects.None;
        return false;
    }
}

/// <param name="Version">The version of the API they are in; null when the kind is not served.</param>
internal sealed record SceneObjects(ImmutableArray<JsonObject> Items, string? Version)
{
    public static readonly SceneObjects None = new([], null);
}
