using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Tests;

/// <summary>Objects as a team would apply them to the namespace <c>shop</c>.</summary>
internal static class Shop
{
    public const string Space = "shop";

    public static KubeName Service(string name) => new(KubeKind.Service, Space, name);

    public static KubeName Deployment(string name) => new(KubeKind.Deployment, Space, name);

    public static KubeName Delivery(string name) => new(KubeKind.Delivery, Space, name);

    /// <summary>Service NAME with a pair behind it: v1 behind NAME-stable and NAME-canary.</summary>
    public static void PutPair(
        MemoryCluster kube, string name = "checkout", string stable = "v1", string canary = "v1",
        params (string Key, string Value)[] annotations)
    {
        PutService(kube, name, name, [("enabled", "true"), ("route", $"istio/{name}"), .. annotations]);
        PutSlot(kube, $"{name}-stable", stable);
        PutSlot(kube, $"{name}-canary", canary);
    }

    public static void PutSlot(MemoryCluster kube, string slot, string version, int replicas = 2)
    {
        PutService(kube, slot, slot);
        PutDeployment(kube, slot, $"ghcr.io/acme/checkout:{version}", replicas);
        PutEndpoints(kube, slot, replicas);
    }

    public static void PutService(
        MemoryCluster kube, string name, string app,
        params (string Key, string Value)[] annotations) => kube.Put(KubeKind.Service, new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Service",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = Space,
                ["annotations"] =
                    new JsonObject(annotations.Select(a => KeyValuePair.Create($"trafficctl.io/{a.Key}", (JsonNode?)a.Value))),
            },
            ["spec"] = new JsonObject
            {
                ["selector"] = new JsonObject { ["app"] = app },
                ["ports"] = new JsonArray(new JsonObject { ["name"] = "http", ["port"] = 80, ["targetPort"] = 8080 }),
            },
        });

    public static void PutDeployment(MemoryCluster kube, string name, string image, int replicas = 2, Action<JsonObject>? with = null)
    {
        var container = new JsonObject { ["name"] = "app", ["image"] = image };
        var deployment = new JsonObject
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "Deployment",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = Space },
            ["spec"] = new JsonObject
            {
                ["replicas"] = replicas,
                ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = name } },
                ["template"] = new JsonObject
                {
                    ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = name } },
                    ["spec"] = new JsonObject { ["containers"] = new JsonArray(container) },
                },
            },
        };
        with?.Invoke(deployment);
        kube.Put(KubeKind.Deployment, deployment);
        Settle(kube, name);
    }

    /// <summary>Its rolling update ends: every pod is of the template it has now.</summary>
    public static void Settle(MemoryCluster kube, string name) => kube.Edit(Deployment(name), d =>
    {
        var replicas = d["spec"]!["replicas"]!.GetValue<int>();
        d["status"] = new JsonObject
        {
            ["observedGeneration"] = d["metadata"]!["generation"]!.GetValue<int>(),
            ["replicas"] = replicas,
            ["updatedReplicas"] = replicas,
            ["readyReplicas"] = replicas,
        };
    });

    public static void PutImage(MemoryCluster kube, string name, string image) =>
        kube.Edit(Deployment(name), d => d["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = image);

    public static void PutEndpoints(
        MemoryCluster kube, string service, int ready, string family = "IPv4") => kube.Put(KubeKind.EndpointSlice, new JsonObject
        {
            ["apiVersion"] = "discovery.k8s.io/v1",
            ["kind"] = "EndpointSlice",
            ["metadata"] = new JsonObject
            {
                ["name"] = $"{service}-{family}".ToLowerInvariant(),
                ["namespace"] = Space,
                ["labels"] = new JsonObject { ["kubernetes.io/service-name"] = service },
            },
            ["addressType"] = family,
            ["endpoints"] = new JsonArray([.. Enumerable.Range(1, ready).Select(i => (JsonNode)new JsonObject
        {
            ["addresses"] = new JsonArray(family == "IPv4" ? $"10.0.0.{i}" : $"fd00::{i}"),
            ["conditions"] = new JsonObject { ["ready"] = true },
            ["targetRef"] = new JsonObject { ["kind"] = "Pod", ["name"] = $"{service}-{i}" },
        })]),
        });

    public static void PutConfig(
        MemoryCluster kube, string name, string value, KubeKind? kind = null) => kube.Put(kind ?? KubeKind.ConfigMap, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = Space },
            ["data"] = new JsonObject { ["settings"] = value },
        });

    /// <summary>The Delivery that the store keeps its record in.</summary>
    public static void PutRecord(MemoryCluster kube, string name, string? lastGood) => kube.Put(KubeKind.Delivery, new JsonObject
    {
        ["apiVersion"] = "trafficctl.io/v1alpha1",
        ["kind"] = "Delivery",
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = Space,
            ["labels"] = new JsonObject { ["app.kubernetes.io/managed-by"] = "trafficctl" },
        },
        ["spec"] = new JsonObject { ["service"] = name },
        ["status"] = lastGood is null ? [] : new JsonObject { ["record"] = new JsonObject { ["lastGood"] = lastGood } },
    });
}
