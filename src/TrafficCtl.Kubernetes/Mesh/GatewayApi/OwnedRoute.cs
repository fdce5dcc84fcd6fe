using System.Text.Json.Nodes;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Mesh.GatewayApi;

/// <summary>A route of our own whose parent is the Service that clients address, as meshes (Linkerd, Istio) take it.</summary>
internal static class OwnedRoute
{
    public static JsonObject Whole(RouteScene scene, MeshResource of, WantedSplit wanted)
    {
        var scale = WeightScale.For(wanted.General);
        var backends = new JsonArray();
        JsonObject? mirror = null;
        foreach (var slot in new[] { wanted.Stable, wanted.Candidate }.OfType<Slot>())
        {
            var port = slot.Port ?? throw new MeshException(
                MeshFault.Invalid, $"{of.Kind} {scene.Namespace}/{scene.Route.Name} needs a port, and the Service "
                    + $"{scene.Namespace}/{slot.Service} has several; name the port of the route");
            backends.Add(new JsonObject { ["name"] = slot.Service, ["port"] = port, ["weight"] = scale.Of(wanted.ShareOf(slot.Service)) });
            if (wanted is { IsShadow: true, Shadow: { } share } && slot == wanted.Candidate)
                mirror = GatewayMirrors.Filter(new JsonObject { ["name"] = slot.Service, ["port"] = port }, share);
        }

        var rule = new JsonObject();
        if (scene.Route.Rule is { } name) rule["name"] = name;
        if (mirror is not null) rule["filters"] = new JsonArray(mirror);
        rule["backendRefs"] = backends;
        var whole = OwnedObject.Of(scene, of, scene.Route.Name);
        whole["spec"] = new JsonObject
        {
            ["parentRefs"] = new JsonArray(new JsonObject { ["group"] = "", ["kind"] = "Service", ["name"] = scene.Target.Service }),
            ["rules"] = new JsonArray(rule),
        };
        return whole;
    }
}
