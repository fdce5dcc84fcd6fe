using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Adapters.Metrics.Prometheus.Presets;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;

namespace TrafficCtl.Kubernetes.Tests.Mesh.Confirming;

/// <summary>A mesh by its routing object and by the labels that its proxies count under.</summary>
/// <param name="Metrics">The preset.</param>
/// <param name="Kinds">That the cluster serves.</param>
/// <param name="Objects">The routing object first, in YAML, then others beside it.</param>
internal sealed record FakeMesh(
    string Dialect, string Metrics, string? Rule, ImmutableArray<KubeKind> Kinds, ImmutableArray<string> Objects)
{
    public static readonly KubeKind HttpRoute = new("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute");
    public static readonly KubeKind GrpcRoute = new("gateway.networking.k8s.io", "v1", "grpcroutes", "GRPCRoute");
    public static readonly KubeKind TrafficSplit = new("split.smi-spec.io", "v1alpha2", "trafficsplits", "TrafficSplit");

    private MetricPreset? preset;

    public MetricPreset Preset => preset ??= PresetList.Find(Metrics)!;

    public ClusterTarget Target => MeshTools.Target(Dialect, Rule) with { Metrics = Metrics };

    /// <summary>What the requests of the managed rule are counted under, where the metrics name that.</summary>
    public string Way => Metrics == "envoy-gateway" ? "checkout/rule/1" : "checkout";

    public string Answered => Metrics switch
    {
        "linkerd" => "http_status=\"200\"",
        "linkerd-classic" => "classification=\"success\",status_code=\"200\"",
        "envoy-gateway" => "envoy_response_code=\"200\"",
        _ => "response_code=\"200\",response_flags=\"-\"",
    };

    /// <param name="rules">Before the managed rule, each with its sign of a list.</param>
    public static FakeMesh Istio(string rules = "", params string[] beside) => new("istio", "istio", "primary", [MeshStage.VirtualService],
    [
        $$"""
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: { name: checkout, namespace: shop }
        spec:
          hosts: [checkout]
          http:
          {{rules}}
          - name: primary
            route:
            - { destination: { host: checkout-stable }, weight: 100 }
            - { destination: { host: checkout-canary }, weight: 0 }
        """,
        .. beside,
    ]);

    /// <summary>An HTTPRoute with a rule of testers before the managed one.</summary>
    public static FakeMesh Gateway(string metrics, params string[] beside) => new("gateway-api", metrics, "primary", [HttpRoute, GrpcRoute],
    [
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: { name: checkout, namespace: shop }
        spec:
          parentRefs: [{ group: "", kind: Service, name: checkout }]
          rules:
          - name: testers
            matches: [{ headers: [{ name: x-tester, value: "1" }] }]
            backendRefs: [{ name: checkout-canary, port: 80 }]
          - name: primary
            backendRefs:
            - { name: checkout-stable, port: 80, weight: 100 }
            - { name: checkout-canary, port: 80, weight: 0 }
        """,
        .. beside,
    ]);

    public static FakeMesh Smi(params string[] beside) => new("smi", "linkerd-classic", null, [TrafficSplit],
    [
        """
        apiVersion: split.smi-spec.io/v1alpha2
        kind: TrafficSplit
        metadata: { name: checkout, namespace: shop }
        spec:
          service: checkout
          backends: [{ service: checkout-stable, weight: 100 }, { service: checkout-canary, weight: 0 }]
        """,
        .. beside,
    ]);

    /// <summary>The candidate's share that the live object says, 0 to 1.</summary>
    public double ShareOf(FakeKube kube)
    {
        var spec = kube.Get(new KubeName(Kinds[0], "shop", "checkout"))!["spec"]!;
        var list = Dialect switch
        {
            "istio" => Managed(spec["http"])["route"],
            "gateway-api" => Managed(spec["rules"])["backendRefs"],
            _ => spec["backends"],
        };
        var weights = list!.AsArray().Select(b => b!["weight"]!.GetValue<int>()).ToArray();
        return weights[1] / (double)weights.Sum();
    }

    /// <summary>What the mesh's own controller does: it accepts each route as it is.</summary>
    public void Accept(FakeKube kube)
    {
        if (Dialect != "gateway-api") return;
        var name = new KubeName(HttpRoute, "shop", "checkout");
        var live = kube.Get(name)!;
        var generation = live["metadata"]!["generation"]!.GetValue<int>();
        if (live["status"]?["parents"]?[0]?["conditions"]?[0]?["observedGeneration"]?.GetValue<int>() == generation) return;
        JsonObject Condition(string type) => new()
        {
            ["type"] = type,
            ["status"] = "True",
            ["reason"] = type,
            ["observedGeneration"] = generation,
        };
        var parent = new JsonObject
        {
            ["parentRef"] = new JsonObject { ["group"] = "", ["kind"] = "Service", ["name"] = "checkout" },
            ["controllerName"] = "mesh.example/policy",
            ["conditions"] = new JsonArray(Condition("Accepted"), Condition("ResolvedRefs")),
        };
        var status = new JsonObject { ["status"] = new JsonObject { ["parents"] = new JsonArray(parent) } };
        kube.Patch(name, KubePatch.Merge(status), "mesh", "status");
    }

    public string LabelsOf(Caller caller)
    {
        var workload = caller.Service == ShareStage.Canary ? "checkout-canary" : "checkout";
        // The backends of a rule have numbers: of the managed one those of the slots, of another one whatever it has.
        var backend = caller.Service == ShareStage.Canary && caller.Way == Way ? 1 : 0;
        return Metrics switch
        {
            "linkerd" => $"backend_namespace=\"shop\",backend_name=\"{caller.Service}\",route_name=\"{caller.Way ?? "default"}\"",
            "linkerd-classic" => $"dst_namespace=\"shop\",dst_deployment=\"{workload}\"",
            "envoy-gateway" => $"envoy_cluster_name=\"httproute/shop/{caller.Way}/backend/{backend}\"",
            _ => "destination_service_namespace=\"shop\",destination_service_name=\""
                + $"{(caller.Way == "root" ? "checkout" : caller.Service)}\",destination_workload=\"{workload}\"",
        };
    }

    private JsonNode Managed(JsonNode? rules) => rules!.AsArray().Single(r => (string?)r!["name"] == Rule)!;
}
