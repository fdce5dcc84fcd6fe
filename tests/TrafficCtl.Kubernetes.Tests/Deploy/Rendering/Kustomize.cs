using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.TestKit;

namespace TrafficCtl.Kubernetes.Tests.Deploy.Rendering;

/// <summary>
/// The part of Kustomize that <c>deploy/</c> uses: resources, namespace and JSON patches. Anything else is refused, so that nothing is
/// rendered wrongly.
/// </summary>
internal static class Kustomize
{
    private static readonly string[] WithoutNamespace = ["Namespace", "CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding"];

    public static ImmutableArray<JsonObject> Build(string folder)
    {
        var file = Assert(
            YamlJson.One(File.ReadAllText(Path.Combine(folder, "kustomization.yaml"))), folder, "apiVersion", "kind", "namespace",
            "resources", "patches");
        var objects = new List<JsonObject>();
        foreach (var resource in file["resources"]!.AsArray().Select(r => Path.Combine(folder, r!.GetValue<string>())))
            if (Directory.Exists(resource)) objects.AddRange(Build(resource));
            else objects.AddRange(YamlJson.All(File.ReadAllText(resource)).Select(o => o.AsObject()));
        foreach (var patch in file["patches"]?.AsArray() ?? [])
            Apply(Assert(patch!.AsObject(), folder, "target", "patch", "path"), folder, objects);
        if (file["namespace"]?.GetValue<string>() is { } space) foreach (var one in objects) Move(one, space);
        return [.. objects];
    }

    private static void Apply(JsonObject patch, string folder, List<JsonObject> objects)
    {
        var target = Assert(patch["target"]!.AsObject(), folder, "kind", "name");
        var text = patch["patch"]?.GetValue<string>() ?? File.ReadAllText(Path.Combine(folder, patch["path"]!.GetValue<string>()));
        var operations = YamlJson.All(text).Single().AsArray();
        var at = objects.FindIndex(o => JsonNode.DeepEquals(o["kind"], target["kind"])
            && JsonNode.DeepEquals(o["metadata"]!["name"], target["name"]));
        if (at < 0) throw new InvalidOperationException($"{folder}: the patch of {target.ToJsonString()} has no target");
        objects[at] = JsonPatch.Apply(objects[at], operations)!.AsObject();
    }

    private static void Move(JsonObject what, string space)
    {
        if (!WithoutNamespace.Contains(what["kind"]!.GetValue<string>())) what["metadata"]!["namespace"] = space;
        foreach (var subject in what["subjects"]?.AsArray() ?? []) subject!["namespace"] = space;
    }

    private static JsonObject Assert(JsonObject map, string where, params string[] known) =>
        map.Select(m => m.Key).Except(known).FirstOrDefault() is { } other
            ? throw new NotSupportedException(
                $"{where}: {other} is not rendered here: use {string.Join(", ", known)}, or teach {nameof(Kustomize)} about it")
            : map;
}
