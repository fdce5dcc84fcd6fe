using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes;

namespace TrafficCtl.Adapters.Tests.Kubernetes;

internal static class KubePatchOf
{
    public static KubePatch Annotation(string key, string value) =>
        KubePatch.Merge(new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [key] = value } } });
}
