using System.Collections.Immutable;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Kubernetes;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Cluster.Real;

/// <summary>An API server, as one who may do everything there reaches it.</summary>
/// <param name="Access">How.</param>
/// <param name="HasControllers">A controller-manager makes pods, and collects garbage.</param>
/// <param name="Collects">The server itself collects garbage.</param>
/// <param name="Speed">How many seconds controllers and traffic live in a second.</param>
internal sealed record ClusterApi(KubeAccess Access, bool HasControllers, bool Collects, int Speed);

/// <summary>
/// One namespace of a cluster, with people, pods and a mesh, and whole controllers that reach it over HTTP and know no other way.
/// </summary>
internal sealed class ClusterStage : IAsyncDisposable
{
    private const string Plan = """
        trafficctl.io/holdback: "0"
        trafficctl.io/watch: 5s
        trafficctl.io/analysis.errors.worse-by: 6pp
        trafficctl.io/analysis.latency.worse-by: 900%
        trafficctl.io/analysis.latency.then: hold
        trafficctl.io/analysis.tick: 1s
        trafficctl.io/analysis.warm-up.errors: 1s
        trafficctl.io/analysis.warm-up.latency: 1s
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;
    private static readonly KubeKind Crd = new(
        "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", IsNamespaced: false);
    private static readonly KubeKind Spaces = new("", "v1", "namespaces", "Namespace", IsNamespaced: false);
    private static int count;

    private readonly ClusterApi api;
    private readonly KubeClient people;
    private readonly RunningClock clock;
    private readonly ShopMetrics metrics;
    private readonly List<DaemonHost> controllers = [];
    private readonly LastLines said = new();

    private ClusterStage(ClusterApi api, string space, KubeClient people, RunningClock clock, ShopMetrics metrics)
    {
        (this.api, Space, this.people, this.clock, this.metrics) = (api, space, people, clock, metrics);
        Driver = new ClusterDriver(people, space, api.HasControllers, collects: !api.Collects, metrics);
    }

    public string Space { get; }

    public ClusterDriver Driver { get; }

    /// <summary>As long as a person's two commands take, and no longer.</summary>
    public async Task AtOnceAsync(Func<Task> acts)
    {
        clock.Speed = 1;
        await acts();
        clock.Speed = api.Speed;
    }

    public static async Task<ClusterStage> OpenAsync(ClusterApi api)
    {
        var space = $"shop-{Interlocked.Increment(ref count)}";
        var admin = new KubeClient(api.Access, TimeProvider.System, new KubeClientOptions
        {
            FieldManager = "kubectl",
            KindsMissing = TimeSpan.Zero,
            CallTimeout = TimeSpan.FromSeconds(30),
            PerSecond = 1000,
            Burst = 1000,
        });
        foreach (var definition in Directory.EnumerateFiles(Path.Combine(Repository.Root, "deploy", "crds"), "trafficctl.io_*.yaml")
            .Order())
            await OnceAsync(admin, Crd, YamlJson.One(await File.ReadAllTextAsync(definition, Stop)));
        await OnceAsync(admin, Crd, Definition(IstioShop.Kind));
        foreach (var kind in (KubeKind[])[IstioShop.Kind, KubeKind.Delivery, KubeKind.Rollout])
            await Eventually.TrueAsync(
                async () => await admin.FindAsync(kind.Group, kind.Plural, kind.Kind, [kind.Version], Stop) is not null,
                $"the API serves {kind.Plural}");
        await OnceAsync(admin, Spaces, YamlJson.One($"{{ apiVersion: v1, kind: Namespace, metadata: {{ name: {space} }} }}"));
        var running = new RunningClock { Speed = api.Speed };
        return new ClusterStage(api, space, admin, running, await ShopMetrics.StartAsync(running, space));
    }

    public static bool IsCandidate(string backend) =>
        backend.EndsWith("-canary", StringComparison.Ordinal) || backend.EndsWith("-candidate", StringComparison.Ordinal);

    /// <summary>The weights in a routing object.</summary>
    public static ImmutableArray<(string Backend, int Weight)> Backends(JsonObject route) =>
    [
        .. route["spec"]!["http"]![0]!["route"]!.AsArray().Select(r => ((string)r!["destination"]!["host"]!, (int?)r["weight"] ?? 0)),
    ];

    /// <summary>One more controller.</summary>
    /// <param name="identity">Its name.</param>
    /// <param name="isCut">Becomes true when no call of it arrives any more.</param>
    public async Task<DaemonHost> ControlAsync(string identity, Func<bool>? isCut = null)
    {
        var host = await DaemonHost.StartAsync(
            new DaemonOptions
            {
                Clusters =
                [
                    new ClusterModuleOptions
                    {
                        Identity = identity,
                        Access = api.Access with
                        {
                            Namespace = Space,
                            Credentials = new CuttableCredentials(api.Access.Credentials, isCut ?? (static () => false)),
                        },
                        Namespaces = [Space],
                    },
                ],
                Prometheus = metrics.AddressFor(identity),
                Scrape = TimeSpan.FromSeconds(1),
                Admin = new Uri("http://127.0.0.1:0"),
                Probes = new IPEndPoint(IPAddress.Loopback, 0),
                Logging = l => l.AddProvider(said),
                Clock = clock,
            }, Stop);
        controllers.Add(host);
        return host;
    }

    /// <summary>It ends as when it is told to: it gives its Lease back.</summary>
    public async Task StopAsync(DaemonHost controller)
    {
        controllers.Remove(controller);
        await controller.DisposeAsync();
    }

    /// <summary>A Service whose slots are a Service and a Deployment each.</summary>
    public async Task PairAsync(string name, string rollout, string version = "v1")
    {
        await MakeAsync(ServiceOf(name, name, $"""
            trafficctl.io/enabled: "true"
            trafficctl.io/route: istio/{name}
            trafficctl.io/stable-service: {name}
            trafficctl.io/metrics: istio
            trafficctl.io/rollout: "{rollout}"
            {Plan}
            """));
        await MakeAsync(ServiceOf($"{name}-canary", $"{name}-canary", ""));
        foreach (var slot in (string[])[name, $"{name}-canary"]) await MakeAsync(DeploymentOf(slot, $"{name}:{version}", ""));
        await MakeAsync(RouteOf(name, name, $"{name}-canary"));
    }

    /// <summary>A Service in managed mode over one Deployment, which reads a ConfigMap.</summary>
    public async Task ManagedAsync(string name, string rollout, string version = "v1", string config = "")
    {
        metrics.Managed(name);
        await MakeAsync(
            DeploymentOf(name, $"{name}:{version}", config.Length == 0 ? "" : $", envFrom: [{{ configMapRef: {{ name: {config} }} }}]"));
        await MakeAsync(RouteOf(name, $"{name}-stable", $"{name}-candidate"));
        await RootAsync(name, rollout);
    }

    /// <summary>The Service of managed mode, as Git has it.</summary>
    public Task RootAsync(string name, string rollout) => MakeAsync(ServiceOf(name, $"{name}-stable", $"""
        trafficctl.io/enabled: "true"
        trafficctl.io/managed: "true"
        trafficctl.io/route: istio/{name}
        trafficctl.io/metrics: istio
        trafficctl.io/rollout: "{rollout}"
        {Plan}
        """));

    public Task SlotAsync(string name) => MakeAsync(ServiceOf(name, name, ""));

    public Task ConfigAsync(string name, string value) =>
        MakeAsync($"{{ apiVersion: v1, kind: ConfigMap, metadata: {{ name: {name} }}, data: {{ settings: \"{value}\" }} }}");

    public Task SetImageAsync(string deployment, string image) => people.PatchAsync(
        new KubeName(KubeKind.Deployment, Space, deployment),
        KubePatch.Json([new JsonObject { ["op"] = "replace", ["path"] = "/spec/template/spec/containers/0/image", ["value"] = image }]),
        null, Stop).AsTask();

    public Task ScaleAsync(string deployment, int replicas) => people.PatchAsync(
        new KubeName(KubeKind.Deployment, Space, deployment),
        KubePatch.Merge(new JsonObject { ["spec"] = new JsonObject { ["replicas"] = replicas } }), null, Stop).AsTask();

    public Task DeleteAsync(KubeKind kind, string name) =>
        people.DeleteAsync(new KubeName(kind, Space, name), KubeDelete.Any, Stop).AsTask();

    public Task<JsonObject?> GetAsync(KubeKind kind, string name) => people.GetAsync(new KubeName(kind, Space, name), Stop).AsTask();

    public async Task<ImmutableArray<JsonObject>> AllAsync(KubeKind kind) => (await people.ListAsync(kind, Space, null, Stop)).Items;

    /// <summary>The share of the traffic that the routing object gives this Service, in percent.</summary>
    public async Task<int> WeightAsync(string route, string backend) =>
        Backends((await GetAsync(IstioShop.Kind, route))!).Where(b => b.Backend == backend).Sum(b => b.Weight);

    public async Task<string?> StatusAsync(string service, string field) =>
        (string?)(await GetAsync(KubeKind.Delivery, service))?["status"]?[field];

    public async Task<JsonNode?> ConditionAsync(string service, string type) =>
        (await GetAsync(KubeKind.Delivery, service))?["status"]?["conditions"]?.AsArray().SingleOrDefault(c => (string?)c!["type"] == type);

    public async Task<bool> IsReadyAsync(string service) => (string?)(await ConditionAsync(service, "Ready"))?["status"] == "True";

    /// <summary>This version serves all of it, and no rollout goes on.</summary>
    public Task ServesAsync(string service, string version) => UntilAsync(
        async () => await GetAsync(KubeKind.Delivery, service) is { } delivery
            && ((string?)delivery["status"]?["stable"])?.Split('+')[0] == version
            && (string?)delivery["status"]!["phase"] is "Good" or "Idle" && await IsReadyAsync(service),
        $"{service} serves {version}");

    /// <summary>So much of the controllers' time goes by.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        var since = clock.GetTimestamp();
        await UntilAsync(() => Task.FromResult(clock.GetElapsedTime(since) >= time), $"{time} are over");
    }

    /// <summary>The driver has seen what is there now, and has written what follows.</summary>
    public async Task DrivenAsync()
    {
        var since = Driver.Rounds;
        await UntilAsync(() => Task.FromResult(Driver.Rounds >= since + 2), "the driver goes on");
    }

    /// <summary>As long as it takes, and no longer than a test may; at once when a split was written that nobody may write.</summary>
    public async Task UntilAsync(Func<Task<bool>> done, string what)
    {
        try
        {
            await Eventually.TrueAsync(done, what, seen: () => $"{said}", wrong: Wrong, within: Patience, by: clock.Beats);
        }
        catch (TimeoutException never)
        {
            throw new TimeoutException($"{never.Message}\n{await FoundAsync()}", never);
        }

        string? Wrong() => !Driver.Wrong.IsEmpty
            ? $"{string.Join('\n', Driver.Wrong)}\n{said}"
            : Driver.Fault is { } fault ? $"the driver ended: {fault}" : null;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var controller in controllers) await controller.DisposeAsync();
        await Driver.DisposeAsync();
        await metrics.DisposeAsync();
        people.Dispose();
        await clock.DisposeAsync();
    }

    /// <summary>A definition that takes everything.</summary>
    private static JsonObject Definition(KubeKind kind) => YamlJson.One($$"""
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: {{kind}}
        spec:
          group: {{kind.Group}}
          scope: Namespaced
          names: { plural: {{kind.Plural}}, singular: {{kind.Kind.ToLowerInvariant()}}, kind: {{kind.Kind}}, listKind: {{kind.Kind}}List }
          versions:
          - name: {{kind.Version}}
            served: true
            storage: true
            schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
        """);

    private static string ServiceOf(string name, string app, string annotations) => $$"""
        apiVersion: v1
        kind: Service
        metadata:
          name: {{name}}
          annotations: {{(annotations.Length == 0 ? "{}" : "")}}
        {{string.Join('\n', annotations.Split('\n').Select(static l => $"    {l}"))}}
        spec: { selector: { app: {{app}} }, ports: [{ name: http, port: 80, targetPort: 8080 }] }
        """;

    private static string DeploymentOf(string name, string image, string more) => $$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata: { name: {{name}} }
        spec:
          replicas: 2
          selector: { matchLabels: { app: {{name}} } }
          template:
            metadata: { labels: { app: {{name}} } }
            spec: { containers: [{ name: app, image: "{{image}}"{{more}} }] }
        """;

    private static string RouteOf(string name, string stable, string candidate) => $$"""
        apiVersion: {{IstioShop.Kind.ApiVersion}}
        kind: VirtualService
        metadata: { name: {{name}} }
        spec:
          hosts: [{{name}}]
          http:
          - route:
            - { destination: { host: {{stable}} }, weight: 100 }
            - { destination: { host: {{candidate}} }, weight: 0 }
        """;

    private Task MakeAsync(string yaml)
    {
        var what = YamlJson.One(yaml);
        what["metadata"]!["namespace"] = Space;
        var kind = ((string)what["kind"]!) switch
        {
            "Service" => KubeKind.Service,
            "ConfigMap" => KubeKind.ConfigMap,
            "Deployment" => KubeKind.Deployment,
            _ => IstioShop.Kind,
        };
        return people.CreateAsync(kind, Space, what, Stop).AsTask();
    }

    private static async Task OnceAsync(KubeClient client, KubeKind kind, JsonObject what)
    {
        try
        {
            await client.CreateAsync(kind, null, what, Stop);
        }
        catch (KubeException e) when (e.Reason == "AlreadyExists")
        {
            // Another test of the same server made it.
        }
    }

    private async Task<string> FoundAsync()
    {
        var found = new List<string>();
        foreach (var delivery in await AllAsync(KubeKind.Delivery))
        {
            var status = delivery["status"]?.ToJsonString() ?? "";
            found.Add($"Delivery {delivery["metadata"]!["name"]}: {status[..Math.Min(3000, status.Length)]}");
        }

        foreach (var route in await AllAsync(IstioShop.Kind))
        {
            var backends = Backends(route).Select(b => $"{b.Backend} {b.Weight} ({Driver.EndpointsOf(b.Backend)} endpoints)");
            found.Add($"route: {string.Join(", ", backends)}");
        }

        foreach (var deployment in await AllAsync(KubeKind.Deployment))
            found.Add($"Deployment {deployment["metadata"]!["name"]}: {deployment["spec"]!["replicas"]} of "
                + $"{deployment["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]}, {deployment["status"]?.ToJsonString()}");
        return string.Join('\n', found);
    }

    /// <summary>As good as the network, until it is gone.</summary>
    private sealed class CuttableCredentials(IKubeCredentials inner, Func<bool> isCut) : IKubeCredentials
    {
        public ValueTask<KubeCredential> GetAsync(CancellationToken stop) =>
            isCut()
                ? throw new KubeException("the network of this controller is gone", HttpStatusCode.ServiceUnavailable, "Cut")
                : inner.GetAsync(stop);

        public void Refuse(KubeCredential credential) => inner.Refuse(credential);
    }
}
