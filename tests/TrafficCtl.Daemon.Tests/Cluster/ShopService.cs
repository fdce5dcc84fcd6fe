using System.Text.Json.Nodes;
using TrafficCtl.Core.Routing;
using TrafficCtl.Kubernetes;
using TrafficCtl.TestKit;

namespace TrafficCtl.Daemon.Tests.Cluster;

/// <summary>
/// A service of the namespace <c>shop</c> as a team has it: two Deployments behind two Services, and a routing object with fields of its
/// own.
/// </summary>
internal abstract class ShopService(FakeKube kube, string name)
{
    public const string Namespace = "shop";

    protected FakeKube Kube { get; } = kube;

    public string Name { get; } = name;

    public string Canary { get; } = $"{name}-canary";

    public abstract KubeName Route { get; }

    /// <summary>What its annotation says.</summary>
    public abstract string RouteText { get; }

    /// <summary>Yaml of the routing object, all traffic on stable.</summary>
    protected abstract string RouteYaml { get; }

    /// <summary>The weights in the object.</summary>
    protected abstract IEnumerable<(string Backend, int Weight)> Backends(JsonObject route);

    /// <summary>The candidate's share that the object says.</summary>
    public Weights? Weight
    {
        get
        {
            if (Kube.Get(Route) is not { } live) return null;
            var backends = Backends(live).ToArray();
            var (all, canary) = (backends.Sum(b => b.Weight), backends.Where(b => b.Backend == Canary).Sum(b => b.Weight));
            return all == 0 ? null : Weights.OfCandidate((int)Math.Round(canary * (double)Weights.Total / all));
        }
    }

    /// <summary>The share of requests that the object copies to the canary.</summary>
    public Weights Shadow => Kube.Get(Route) is { } live ? Copies(live) : Weights.AllStable;

    protected virtual Weights Copies(JsonObject route) => Weights.AllStable;

    public ShopService Put(string stable, string canary, string annotations, string metrics = "istio")
    {
        PutSlot(Name, stable, $"""
              annotations:
                trafficctl.io/enabled: "true"
                trafficctl.io/route: {RouteText}
                trafficctl.io/stable-service: {Name}
                trafficctl.io/mode: patch
                trafficctl.io/metrics: {metrics}
            {Indent(annotations, 4)}
            """);
        PutSlot(Canary, canary, "");
        Kube.PutYaml(RouteYaml, "argocd-controller");
        return this;
    }

    /// <summary>A new image in the canary's Deployment, as a pipeline sets it.</summary>
    public void Deploy(string version) => Deploy(Canary, version);

    /// <summary>An image and a size of the Deployment behind a slot, with pods that are ready.</summary>
    public void Deploy(string slot, string version, int replicas = 2)
    {
        PutDeployment(slot, version, replicas);
        PutEndpoints(slot, replicas);
    }

    /// <summary>The routing object without what the controller may write: its weights, and what the server keeps of every write.</summary>
    public string Foreign()
    {
        var route = Kube.Get(Route)!.DeepClone().AsObject();
        route.Remove("status");
        foreach (var kept in (string[])["generation", "resourceVersion", "managedFields"]) route["metadata"]!.AsObject().Remove(kept);
        return Bare(route)!.ToJsonString();
    }

    private void PutSlot(string slot, string version, string metadata)
    {
        Kube.PutYaml($$"""
            apiVersion: v1
            kind: Service
            metadata:
              name: {{slot}}
              namespace: {{Namespace}}
            {{metadata}}
            spec:
              selector: { app: {{slot}} }
              ports: [{ name: http, port: 80, targetPort: 8080 }]
            """);
        PutDeployment(slot, version);
        PutEndpoints(slot);
    }

    private void PutDeployment(string slot, string version, int replicas = 2)
    {
        var deployment = Kube.PutYaml($$"""
            apiVersion: apps/v1
            kind: Deployment
            metadata: { name: {{slot}}, namespace: {{Namespace}} }
            spec:
              replicas: {{replicas}}
              selector: { matchLabels: { app: {{slot}} } }
              template:
                metadata: { labels: { app: {{slot}} } }
                spec:
                  containers: [{ name: app, image: "registry.example/{{Name}}:{{version}}" }]
            """);
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
        Kube.Patch(new KubeName(KubeKind.Deployment, Namespace, slot), KubePatch.Merge(status), "kube-controller-manager", "status");
    }

    private void PutEndpoints(string slot, int ready = 2) => Kube.PutYaml($$"""
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata:
          name: {{slot}}-1
          namespace: {{Namespace}}
          labels: { kubernetes.io/service-name: {{slot}} }
        addressType: IPv4
        ports: [{ name: http, port: 8080 }]
        endpoints: [{{string.Join(", ", Enumerable.Range(1, ready).Select(i =>
            $"{{ addresses: [10.0.0.{i}], conditions: {{ ready: true }}, targetRef: {{ kind: Pod, name: {slot}-{i}, namespace: "
                + $"{Namespace} }} }}"))}}]
        """);

    /// <summary>Without weights, members in the order of their names: their order means nothing in JSON.</summary>
    private static JsonNode? Bare(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.Where(m => m.Key != "weight")
            .OrderBy(m => m.Key, StringComparer.Ordinal)
            .Select(m => KeyValuePair.Create(m.Key, Bare(m.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Bare)]),
        _ => node?.DeepClone(),
    };

    private static string Indent(string text, int by) => string.Join('\n', text.TrimEnd().Split('\n').Select(l => new string(' ', by) + l));
}
