using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes;
using TrafficCtl.TestKit;

namespace TrafficCtl.Daemon.Tests.Cluster;

/// <summary>What the cluster's own controllers do.</summary>
internal static class Kubelet
{
    /// <summary>
    /// The pods of every Deployment run, and the Services that select them have endpoints. What is so already is not written.
    /// </summary>
    public static void Run(FakeKube kube)
    {
        var deployments = kube.All(KubeKind.Deployment);
        foreach (var deployment in deployments)
        {
            var replicas = (int?)deployment["spec"]!["replicas"] ?? 1;
            var status = new JsonObject
            {
                ["status"] = new JsonObject
                {
                    ["observedGeneration"] = deployment["metadata"]!["generation"]!.DeepClone(),
                    ["replicas"] = replicas,
                    ["updatedReplicas"] = replicas,
                    ["readyReplicas"] = replicas,
                    ["availableReplicas"] = replicas,
                },
            };
            kube.Patch(NameOf(KubeKind.Deployment, deployment), KubePatch.Merge(status), "kube-controller-manager", "status");
        }

        foreach (var service in kube.All(KubeKind.Service))
        {
            var name = NameOf(KubeKind.Service, service);
            var behind = service["spec"]?["selector"] is not JsonObject selector ? [] : deployments.Where(d =>
                (string?)d["metadata"]!["namespace"] == name.Namespace
                && selector.All(s => (string?)d["spec"]!["template"]!["metadata"]!["labels"]![s.Key] == (string?)s.Value));
            var pods = behind.SelectMany(
                d => Enumerable.Range(1, (int?)d["spec"]!["replicas"] ?? 1).Select(i => $"{d["metadata"]!["name"]}-{i}"));
            kube.Put(new JsonObject
            {
                ["apiVersion"] = "discovery.k8s.io/v1",
                ["kind"] = "EndpointSlice",
                ["metadata"] = new JsonObject
                {
                    ["name"] = $"{name.Name}-1",
                    ["namespace"] = name.Namespace,
                    ["labels"] = new JsonObject { ["kubernetes.io/service-name"] = name.Name },
                },
                ["addressType"] = "IPv4",
                ["endpoints"] = new JsonArray([.. pods.Select((pod, i) => new JsonObject
                {
                    ["addresses"] = new JsonArray($"10.0.0.{i + 1}"),
                    ["conditions"] = new JsonObject { ["ready"] = true },
                    ["targetRef"] = new JsonObject { ["kind"] = "Pod", ["name"] = pod, ["namespace"] = name.Namespace },
                })]),
            }, "endpointslice-controller");
        }
    }

    /// <summary>The controller of its gateways tells of the newest generation of a route that it is programmed.</summary>
    public static void Accept(FakeKube kube, KubeName route)
    {
        if (kube.Get(route) is not { } live) return;
        var generation = (long)live["metadata"]!["generation"]!;
        if ((long?)live["status"]?["parents"]?[0]?["conditions"]?[0]?["observedGeneration"] == generation) return;
        JsonObject Condition(string type) => new()
        {
            ["type"] = type,
            ["status"] = "True",
            ["reason"] = type,
            ["message"] = "",
            ["observedGeneration"] = generation,
            ["lastTransitionTime"] = "2026-01-01T00:00:00Z",
        };
        var status = new JsonObject
        {
            ["status"] = new JsonObject
            {
                ["parents"] = new JsonArray([.. live["spec"]!["parentRefs"]!.AsArray().Select(parent => new JsonObject
                {
                    ["parentRef"] = parent!.DeepClone(),
                    ["controllerName"] = "example.com/gateway",
                    ["conditions"] = new JsonArray(Condition("Accepted"), Condition("ResolvedRefs")),
                })]),
            },
        };
        kube.Patch(route, KubePatch.Merge(status), "gateway-controller", "status");
    }

    private static KubeName NameOf(KubeKind kind, JsonObject of) =>
        new(kind, (string)of["metadata"]!["namespace"]!, (string)of["metadata"]!["name"]!);
}
