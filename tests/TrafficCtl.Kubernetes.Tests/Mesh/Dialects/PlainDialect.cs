using System.Collections.Immutable;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Tests.Mesh.Dialects;

/// <summary>A mesh that no version has: what the next one takes. docs/contributing.md shows this file, and a test compares them.</summary>
internal sealed class PlainDialect : IMeshDialect
{
    private static readonly MeshResource Split = new("plain.example", "splits", "Split", ["v1"]) { Verbs = ["get", "list", "watch", "patch"] };

    public RouteForm Form { get; } = new("plain", RouteMode.Patch, Metrics: null);

    public ImmutableArray<MeshResource> Kinds => [Split];

    public ImmutableArray<MeshRead> Needs(RouteScene scene) => [new(Split, scene.Route.Name)];

    public LiveShares? Read(RouteScene scene) => Backends(scene).Shares();

    public ImmutableArray<MeshEdit> Plan(RouteScene scene, WantedSplit wanted)
    {
        var patch = new PatchBuilder(scene.Find(Split, scene.Route.Name)!);
        Backends(scene).Patch(patch, wanted, static basisPoints => basisPoints);
        return patch.ChangesAnything ? [new MeshEdit.Patch(Split, scene.Route.Name, patch.Done())] : [];
    }

    public ImmutableArray<(MeshResource Of, string Name)> Objects(RouteScene scene) => [(Split, scene.Route.Name)];

    private static RuleBackends Backends(RouteScene scene) => new(
        $"Split {scene.Namespace}/{scene.Route.Name}",
        [
            .. JsonRead.Items((scene.Find(Split, scene.Route.Name) ?? throw Missing(scene))["spec"]?["to"]).Select(to => new Backend(
                Pointer.Of("spec", "to", $"{to.At}"),
                scene.Target.Slots.FirstOrDefault(s => s.Service == JsonRead.Text(to.Item["service"])),
                JsonRead.Number(to.Item["weight"]) ?? 0,
                JsonRead.Text(to.Item["service"]) ?? "?",
                [("/service", to.Item["service"])])),
        ]);

    private static MeshException Missing(RouteScene scene) => new(
        MeshFault.NotFound, $"Split {scene.Namespace}/{scene.Route.Name} does not exist; create it");
}
