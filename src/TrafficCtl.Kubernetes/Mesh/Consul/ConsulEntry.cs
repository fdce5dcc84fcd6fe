using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh.Consul;

/// <summary>Config entries of the controller's own, and how they are told.</summary>
internal static class ConsulEntry
{
    private const string Mark = "managed-by";

    public static JsonObject Of(RouteScene scene, MeshResource of) => new()
    {
        ["Kind"] = of.Kind,
        ["Name"] = scene.Route.Name,
        ["Meta"] = new JsonObject { [Mark] = OwnedObject.Us },
    };

    public static bool IsOurs(JsonObject live) => JsonRead.Text(live["Meta"]?[Mark]) == OwnedObject.Us;

    /// <summary>What a write must name to replace exactly this.</summary>
    public static string Version(JsonObject live) => live["ModifyIndex"]?.ToJsonString() ?? "0";

    public static MeshException NotOurs(string what) => new(
        MeshFault.NotOurs, $"{what} exists and is not the controller's (Meta {Mark}: {OwnedObject.Us} is missing); set mode patch, or "
            + "mark it to hand it over");
}
