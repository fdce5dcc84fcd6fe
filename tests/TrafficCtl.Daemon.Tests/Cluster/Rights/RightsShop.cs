using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes;
using TrafficCtl.TestKit;

namespace TrafficCtl.Daemon.Tests.Cluster.Rights;

/// <summary>A service of the namespace <c>shop</c>, of which only the way it is declared and routed matters.</summary>
/// <param name="Name">The name of the Service.</param>
/// <param name="Declared">Its annotations without the prefix, a YAML map; empty where a Delivery declares it.</param>
/// <param name="Yaml">Its routing objects and whatever else it has.</param>
internal sealed record RightsShop(string Name, string Declared, string Yaml)
{
    public const string Namespace = "shop";

    /// <summary>A Deployment behind one Service, which the controller copies.</summary>
    public bool IsManaged { get; init; }

    /// <summary>Its pods read a ConfigMap and a Secret.</summary>
    public bool HasConfig { get; init; }

    public string Deployment => IsManaged ? Name : $"{Name}-canary";

    /// <summary>One for each way in which an object is read or written; each is the first of its way.</summary>
    public static ImmutableArray<RightsShop> All { get; } =
    [
        // Subsets are told apart by DestinationRules and Services.
        new("subsets", "{ route: istio/subsets#primary }", $$"""
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: { name: subsets, namespace: {{Namespace}} }
            spec: { host: subsets, subsets: [{ name: v1, labels: { app: subsets } }, { name: v2, labels: { app: subsets-canary } }] }
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: { name: subsets, namespace: {{Namespace}} }
            spec:
              hosts: [subsets]
              http:
                - name: primary
                  route: [{ destination: { host: subsets, subset: v1 }, weight: 100 }, { destination: { host: subsets, subset: v2 }, weight: 0 }]
            """),
        new("delegated", "{ route: istio/delegated, mode: owned }", ""),
        new("smi", "{ route: smi/smi, mode: owned }", ""),
        // Linkerd's: owned under the Service.
        new("meshed", "{ route: gateway-api/meshed, mode: owned, metrics: linkerd }", ""),
        // Cohorts in a second route of the controller's own.
        new("cohorts", $"{{ route: gateway-api/cohorts, metrics: envoy-gateway, {Cohorts} }}", Route("HTTPRoute", "cohorts")),
        new("grpc", $"{{ route: gateway-api/grpc, metrics: envoy-gateway, {Cohorts} }}", Route("GRPCRoute", "grpc")),
        new("nginx", "{ route: ingress-nginx/nginx }", $$"""
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: { name: nginx, namespace: {{Namespace}} }
            spec: { rules: [{ host: nginx.example, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: nginx, port: { number: 80 } } } }] } }] }
            """),
        new("traefik", "{ route: traefik/traefik, mode: owned }", ""),
        // Declared by a Delivery, which keeps one rollout that has ended.
        new("declared", "", $$"""
            apiVersion: trafficctl.io/v1alpha1
            kind: Delivery
            metadata: { name: declared, namespace: {{Namespace}} }
            spec: { service: declared, stableService: declared, route: smi/declared, mode: owned, drift: correct, revisionHistoryLimit: 1, delivery: { rollout: [{ weights: [50, 100], hold: 1h }], holdback: 0, watch: 1s } }
            """),
        new("copied", "{ route: istio/copied, mode: owned, managed: \"true\" }", $$"""
            apiVersion: v1
            kind: ConfigMap
            metadata: { name: settings, namespace: {{Namespace}} }
            data: { colour: blue }
            ---
            apiVersion: v1
            kind: Secret
            metadata: { name: key, namespace: {{Namespace}} }
            data: { key: YmVlZg== }
            ---
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: { name: copied, namespace: {{Namespace}} }
            spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: copied }, minReplicas: 2, maxReplicas: 4 }
            """) { IsManaged = true, HasConfig = true },
        // By KEDA.
        new("scaled", "{ route: istio/scaled, mode: owned, managed: \"true\" }", $$"""
            apiVersion: keda.sh/v1alpha1
            kind: ScaledObject
            metadata: { name: scaled, namespace: {{Namespace}} }
            spec: { scaleTargetRef: { name: scaled }, minReplicaCount: 2, maxReplicaCount: 4, triggers: [] }
            """) { IsManaged = true },
    ];

    private const string Cohorts = "cohorts: \"{ staff: { header: x-staff, equals: 'true' } }\", rollout: \"[{ cohort: staff, hold: 1h }, "
        + "{ weights: [50, 100], hold: 1h }]\"";

    public void Put(FakeKube kube)
    {
        foreach (var thing in YamlJson.All(IsManaged ? Managed() : Pair()).Concat(YamlJson.All(Yaml)).OfType<JsonObject>()) kube.Put(thing);
    }

    public void Deploy(FakeKube kube, string deployment, string version) => kube.PutYaml(DeploymentOf(deployment, version));

    /// <summary>A wish by the hand of somebody with kubectl.</summary>
    /// <returns>Its nonce.</returns>
    public string Ask(FakeKube kube, string wish)
    {
        var nonce = Guid.NewGuid().ToString("N");
        kube.Patch(
            new KubeName(KubeKind.Service, Namespace, Name),
            KubePatch.Merge(new JsonObject
            {
                ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [$"trafficctl.io/{wish}"] = nonce } },
            }), "kubectl-annotate");
        return nonce;
    }

    private string Pair()
    {
        var declared = Declared.Length == 0
            ? "{}"
            : $"{{ enabled: \"true\", stable-service: {Name}, drift: correct, holdback: \"0\", watch: 1s, {Usual}{Declared[1..]}";
        string[] objects =
        [
            ServiceOf(Name, Name, declared), ServiceOf($"{Name}-canary", $"{Name}-canary", "{}"),
            DeploymentOf(Name, "v1"), DeploymentOf($"{Name}-canary", "v1"),
        ];
        return string.Join("\n---\n", objects);
    }

    private string Managed()
    {
        var declared = $"{{ enabled: \"true\", drift: correct, holdback: \"0\", watch: 1s, {Usual}{Declared[1..]}";
        return $"{ServiceOf(Name, $"{Name}-stable", declared)}\n---\n{DeploymentOf(Name, "v1")}";
    }

    /// <summary>No step passes by itself.</summary>
    private string Usual =>
        Declared.Contains("rollout:", StringComparison.Ordinal) ? "" : "rollout: \"[{ weights: [50, 100], hold: 1h }]\", ";

    private static string ServiceOf(string name, string app, string annotations)
    {
        var prefixed = new JsonObject(YamlJson.One(annotations).Select(
            a => KeyValuePair.Create($"trafficctl.io/{a.Key}", (JsonNode?)JsonValue.Create(a.Value!.ToString()))));
        return $$"""
            apiVersion: v1
            kind: Service
            metadata: { name: {{name}}, namespace: {{Namespace}}, annotations: {{(prefixed.Count == 0 ? "null" : prefixed.ToJsonString())}} }
            spec: { selector: { app: {{app}} }, ports: [{ name: http, port: 80, targetPort: 8080 }] }
            """;
    }

    private string DeploymentOf(string name, string version)
    {
        var config = HasConfig ? ", volumes: [{ name: s, configMap: { name: settings } }, { name: k, secret: { secretName: key } }]" : "";
        return $$"""
            apiVersion: apps/v1
            kind: Deployment
            metadata: { name: {{name}}, namespace: {{Namespace}} }
            spec:
              replicas: 2
              selector: { matchLabels: { app: {{name}} } }
              template:
                metadata: { labels: { app: {{name}} } }
                spec: { containers: [{ name: app, image: "registry.example/{{Name}}:{{version}}" }]{{config}} }
            """;
    }

    private static string Route(string kind, string name) => $$"""
        apiVersion: gateway.networking.k8s.io/v1
        kind: {{kind}}
        metadata: { name: {{name}}, namespace: {{Namespace}} }
        spec:
          parentRefs: [{ name: public }]
          rules: [{ backendRefs: [{ name: {{name}}, port: 80, weight: 100 }, { name: {{name}}-canary, port: 80, weight: 0 }] }]
        """;
}
