using System.Text.Json.Nodes;
using TrafficCtl.Core.Routing;
using TrafficCtl.Kubernetes;
using TrafficCtl.TestKit;

namespace TrafficCtl.Daemon.Tests.Cluster;

/// <summary>Split by an Istio VirtualService of Git's, with much that is none of the controller's business.</summary>
internal sealed class IstioShop(FakeKube kube, string name) : ShopService(kube, name)
{
    public static readonly KubeKind Kind = new("networking.istio.io", "v1", "virtualservices", "VirtualService");

    public override KubeName Route => new(Kind, Namespace, Name);

    public override string RouteText => $"istio/{Name}#primary";

    protected override string RouteYaml => $$"""
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata:
          name: {{Name}}
          namespace: {{Namespace}}
          labels: { team: checkout }
          annotations: { argocd.argoproj.io/sync-wave: "2" }
        spec:
          hosts: [{{Name}}, "{{Name}}.example"]
          gateways: [mesh, public]
          http:
            - name: health
              match: [{ uri: { exact: /healthz } }]
              directResponse: { status: 204 }
            - name: primary
              retries: { attempts: 2, perTryTimeout: 300ms, retryOn: "5xx,reset" }
              timeout: 3s
              headers: { response: { set: { x-served-by: mesh } } }
              route:
                - destination: { host: {{Name}}, port: { number: 80 } }
                  weight: 100
                - destination: { host: {{Canary}}, port: { number: 80 } }
                  weight: 0
                  headers: { request: { add: { x-canary: "1" } } }
        """;

    protected override IEnumerable<(string Backend, int Weight)> Backends(JsonObject route) =>
        route["spec"]!["http"]!.AsArray().Where(h => (string?)h!["name"] == "primary").SelectMany(h => h!["route"]!.AsArray())
            .Select(r => ((string)r!["destination"]!["host"]!, (int?)r["weight"] ?? 0));

    protected override Weights Copies(JsonObject route) => Weights.OfCandidate((int)(
        (route["spec"]!["http"]!.AsArray().Single(h => (string?)h!["name"] == "primary")!["mirrors"] as JsonArray ?? [])
            .Where(m => (string?)m!["destination"]!["host"] == Canary).Sum(m => (double)m!["percentage"]!["value"]!) * 100));
}

/// <summary>Split by an SMI TrafficSplit.</summary>
internal sealed class SmiShop(FakeKube kube, string name) : ShopService(kube, name)
{
    public static readonly KubeKind Kind = new("split.smi-spec.io", "v1alpha2", "trafficsplits", "TrafficSplit");

    public override KubeName Route => new(Kind, Namespace, Name);

    public override string RouteText => $"smi/{Name}";

    protected override string RouteYaml => $$"""
        apiVersion: split.smi-spec.io/v1alpha2
        kind: TrafficSplit
        metadata:
          name: {{Name}}
          namespace: {{Namespace}}
          labels: { team: checkout }
        spec:
          service: {{Name}}
          backends:
            - { service: {{Name}}, weight: 100 }
            - { service: {{Canary}}, weight: 0 }
        """;

    protected override IEnumerable<(string Backend, int Weight)> Backends(JsonObject route) =>
        route["spec"]!["backends"]!.AsArray().Select(b => ((string)b!["service"]!, (int)b["weight"]!));
}

/// <summary>Split by a Gateway API HTTPRoute; <see cref="Accept"/> does what a gateway's controller does.</summary>
internal sealed class GatewayShop(FakeKube kube, string name) : ShopService(kube, name)
{
    public static readonly KubeKind Kind = new("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute");

    public override KubeName Route => new(Kind, Namespace, Name);

    public override string RouteText => $"gateway-api/{Name}#primary";

    protected override string RouteYaml => $$"""
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata:
          name: {{Name}}
          namespace: {{Namespace}}
          annotations: { argocd.argoproj.io/sync-wave: "2" }
        spec:
          parentRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: public }]
          hostnames: ["{{Name}}.example"]
          rules:
            - name: primary
              matches: [{ path: { type: PathPrefix, value: / } }]
              timeouts: { request: 3s }
              filters: [{ type: ResponseHeaderModifier, responseHeaderModifier: { set: [{ name: x-served-by, value: gateway }] } }]
              backendRefs:
                - { group: "", kind: Service, name: {{Name}}, port: 80, weight: 100 }
                - { group: "", kind: Service, name: {{Canary}}, port: 80, weight: 0 }
        """;

    /// <summary>Tells of the newest generation that it is programmed.</summary>
    public void Accept() => Kubelet.Accept(Kube, Route);

    protected override IEnumerable<(string Backend, int Weight)> Backends(JsonObject route) =>
        route["spec"]!["rules"]![0]!["backendRefs"]!.AsArray().Select(b => ((string)b!["name"]!, (int?)b["weight"] ?? 1));

    protected override Weights Copies(JsonObject route) => Weights.OfCandidate(
        route["spec"]!["rules"]![0]!["filters"]!
            .AsArray()
            .Where(f => (string?)f!["type"] == "RequestMirror")
            .Sum(f => (int)f!["requestMirror"]!["percent"]!) * 100);
}
