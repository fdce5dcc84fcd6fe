using System.Text.Json.Nodes;

namespace TrafficCtl.TestKit;

/// <summary>What the server says it serves.</summary>
internal static class KubeDiscovery
{
    /// <exception cref="KubeRefusal">404: nothing there.</exception>
    public static JsonObject Answer(string[] path, KubeObjects objects) => path switch
    {
        ["version"] => new JsonObject { ["major"] = "1", ["minor"] = "34", ["gitVersion"] = "v1.34.0-fake", ["platform"] = "linux/amd64" },
        ["api"] => new JsonObject { ["kind"] = "APIVersions", ["versions"] = new JsonArray("v1") },
        ["apis"] => new JsonObject
        {
            ["kind"] = "APIGroupList",
            ["apiVersion"] = "v1",
            ["groups"] = new JsonArray(
                [.. objects.Resources.Select(r => r.Group).Where(g => g.Length > 0).Distinct().Select(g => Group(g, objects))]),
        },
        ["apis", var group] => Group(group, objects),
        ["api", var version] => Resources("", version, objects),
        ["apis", var group, var version] => Resources(group, version, objects),
        _ => throw KubeRefusal.NoSuchPath(),
    };

    private static JsonObject Group(string group, KubeObjects objects)
    {
        var versions = objects.Resources.Where(r => r.Group == group).SelectMany(r => r.Versions).Select(v => v.Name).Distinct().ToArray();
        if (versions.Length == 0) throw KubeRefusal.NoSuchPath();
        return new JsonObject
        {
            ["kind"] = "APIGroup",
            ["apiVersion"] = "v1",
            ["name"] = group,
            ["versions"] = new JsonArray([.. versions.Select(v => Version(group, v))]),
            ["preferredVersion"] = Version(group, versions[0]),
        };
    }

    private static JsonObject Version(string group, string version) =>
        new() { ["groupVersion"] = $"{group}/{version}", ["version"] = version };

    private static JsonObject Resources(string group, string version, KubeObjects objects)
    {
        var served = objects.Resources.Where(r => r.Group == group && r.Find(version) is not null).ToArray();
        if (served.Length == 0) throw KubeRefusal.NoSuchPath();
        var list = new JsonArray();
        foreach (var resource in served)
        {
            list.Add(Resource(resource, resource.Plural));
            if (resource.Find(version)!.HasStatus) list.Add(Resource(resource, resource.Plural + "/status"));
        }

        return new JsonObject
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = KubeShow.ApiVersion(group, version),
            ["resources"] = list,
        };
    }

    private static JsonObject Resource(KubeResource resource, string name) => new()
    {
        ["name"] = name,
        ["singularName"] = resource.Kind.ToLowerInvariant(),
        ["namespaced"] = resource.IsNamespaced,
        ["kind"] = resource.Kind,
        ["shortNames"] = name.Contains('/', StringComparison.Ordinal) ? new JsonArray() : resource.ShortNames.DeepClone(),
        ["verbs"] = name.Contains('/', StringComparison.Ordinal)
            ? new JsonArray("get", "patch", "update")
            : new JsonArray("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"),
    };
}
