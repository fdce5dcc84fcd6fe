using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Tests;

internal static class KubePatchOf
{
    public static KubePatch Annotation(string key, string value) =>
        KubePatch.Merge(new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [key] = value } } });
}
