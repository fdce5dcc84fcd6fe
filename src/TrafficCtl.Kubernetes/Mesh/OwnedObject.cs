using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>Objects of the controller's own: how they are marked, and how they are told from somebody else's.</summary>
internal static class OwnedObject
{
    public const string ManagedBy = "app.kubernetes.io/managed-by";
    public const string Us = "trafficctl";
    public const string ServiceLabel = "trafficctl.io/service";

    /// <summary>An object without its spec.</summary>
    public static JsonObject Of(RouteScene scene, MeshResource of, string name) => new()
    {
        ["apiVersion"] = $"{of.Group}/{scene.VersionOf(of) ?? of.Versions[0]}",
        ["kind"] = of.Kind,
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = scene.Namespace,
            ["labels"] = new JsonObject { [ManagedBy] = Us, [ServiceLabel] = scene.Service },
        },
    };

    public static bool IsOurs(JsonObject live) => JsonRead.Text(live["metadata"]?["labels"]?[ManagedBy]) == Us;

    /// <summary>Nothing when the live object says it all already.</summary>
    /// <exception cref="MeshException">An object of that name is somebody else's.</exception>
    public static MeshEdit? Edit(RouteScene scene, MeshResource of, string name, JsonObject whole)
    {
        var live = scene.Find(of, name);
        if (live is not null && !IsOurs(live))
        {
            throw new MeshException(
                MeshFault.NotOurs,
                $"{of.Kind} {scene.Namespace}/{name} exists and is not the controller's (label {ManagedBy}: {Us} is missing); "
                + "name another route, set mode patch, or label it to hand it over");
        }

        if (live is not null && JsonCover.Covers(live, Comparable(whole))) return null;
        return new MeshEdit.Apply(of, name, whole);
    }

    /// <summary>A removal of an object of ours; nothing when there is none.</summary>
    public static MeshEdit? Removal(RouteScene scene, MeshResource of, string name) =>
        scene.Find(of, name) is { } live && IsOurs(live) ? new MeshEdit.Delete(of, name, JsonRead.Uid(live)) : null;

    /// <summary>The version that it is read in, and the form of its type in lists, are the server's affair.</summary>
    private static JsonObject Comparable(JsonObject whole)
    {
        var copy = whole.DeepClone().AsObject();
        copy.Remove("apiVersion");
        copy.Remove("kind");
        return copy;
    }
}
