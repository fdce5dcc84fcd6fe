using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Tests.Mesh.Dialects;

/// <summary>A mesh that no version has: what the next one takes. docs/contributing.md shows this file, and a test compares them.</summary>
internal sealed class PlainDialect : IMeshDialect
{
    private static readonly MeshResource Split =
        new("plain.example", "splits", "Split", ["v1"]) { Verbs = ["get", "list", "watch", "patch"] };

    public RouteForm Form { get; } = new("plain", RouteMode.Patch, Metrics: null);

    public ImmutableArray<MeshResource> Kinds => [Split];

    public ImmutableArray<MeshRead> Needs(RouteScene scene) => [new(Split, scene.Route.Name)];

    public LiveShares? Read(RouteScene scene) => Backends(scene).Shares();

    public ImmutableArray<MeshEdit> Plan(RouteScene scene, WantedSplit wanted)
    {
        var patch = new PatchBuilder(Live(scene));
        Backends(scene).Patch(patch, wanted, static basisPoints => basisPoints);
        return patch.ChangesAnything ? [new MeshEdit.Patch(Split, scene.Route.Name, patch.Done())] : [];
    }

    public ImmutableArray<(MeshResource Of, string Name)> Objects(RouteScene scene) => [(Split, scene.Route.Name)];

    private static RuleBackends Backends(RouteScene scene) => new(
        $"Split {scene.Namespace}/{scene.Route.Name}",
        [
            .. JsonRead.Items(Live(scene)["spec"]?["to"]).Select(to => new Backend(
                Pointer.Of("spec", "to", $"{to.At}"),
                scene.Target.Slots.FirstOrDefault(s => s.Service == JsonRead.Text(to.Item["service"])),
                JsonRead.Number(to.Item["weight"]) ?? throw Wrong(scene, MeshFault.Invalid, $"has no weight at {to.At}; write a number"),
                JsonRead.Text(to.Item["service"]) ?? "?",
                [("/service", to.Item["service"])])),
        ]);

    private static JsonObject Live(RouteScene scene) =>
        scene.Find(Split, scene.Route.Name) ?? throw Wrong(scene, MeshFault.NotFound, "does not exist; create it");

    private static MeshException Wrong(RouteScene scene, MeshFault fault, string why) =>
        new(fault, $"Split {scene.Namespace}/{scene.Route.Name} {why}");
}
