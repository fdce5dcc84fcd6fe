using System.Collections.Immutable;
using TrafficCtl.Adapters.Metrics.Prometheus.Presets;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Dialects;

namespace TrafficCtl.Daemon.Config.Cluster;

/// <summary>Every key of a service on Kubernetes: those of the delivery file that hold on a cluster, and the cluster's own.</summary>
public static class ClusterSchema
{
    /// <summary>The presets that say what a mesh calls its metrics.</summary>
    internal static readonly ImmutableArray<string> Presets = PrometheusPresets.Names;

    /// <summary>Keys of the delivery file that a cluster answers itself.</summary>
    internal static readonly ImmutableDictionary<string, string> Elsewhere = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["service"] = "the service is the Service that the declaration is about",
        ["target"] = "the target has the name of its cluster: run --kubernetes NAME=CONTEXT names it",
        ["listen"] = "the mesh takes the requests",
        ["match"] = "the routing object says which requests are the service's",
        ["versions"] = "versions are what runs behind the stable and the candidate Service",
        ["stable"] = "the stable version is the one that serves",
        ["tls"] = "the mesh holds the certificates",
        ["timeouts"] = "write them in the routing object",
        ["limits"] = "write them in the routing object",
        ["health"] = "write a readinessProbe in the pod template",
        ["drain"] = "write terminationGracePeriodSeconds in the pod template",
        ["anonymous"] = "the edge assigns users, by the header x-tc-bucket where the split is by bucket",
        ["cookie"] = "the edge assigns users",
        ["host"] = "write it in the routing object",
        ["trusted-proxies"] = "the gateway knows the proxies in front of it",
        ["proxy-protocol"] = "the gateway takes the connections",
        ["protocol"] = "write appProtocol in the Service's port",
        ["affinity"] = "the mesh chooses the pod: write consistent hashing there",
        ["upstream"] = "the mesh connects to the pods",
    }.ToImmutableDictionary(StringComparer.Ordinal);

    /// <summary>Keys by which other tools name who runs the pods.</summary>
    private static readonly ImmutableDictionary<string, string> References =
        ((string[])["workloadRef", "workload-ref", "targetRef", "target-ref"]).ToImmutableDictionary(
            static key => key,
            static _ => "leave it out: a version is what the one Deployment or DaemonSet behind a slot's Service runs; "
                + "make a Deployment of an Argo Rollout's pod template, and delete the Rollout",
            StringComparer.Ordinal);

    private static readonly ScalarShape YesOrNo = Scalars.Choice(("true", true), ("false", false));

    /// <summary>The cluster's own keys.</summary>
    internal static readonly ImmutableArray<Key> Own =
    [
        new("enabled", YesOrNo, "The Service is to be controlled; without it nothing is done.", Absent: "nothing is done"),
        new(
            "route", new RoutesShape(),
            "The routing object that splits the traffic, and the rule in it; of several each carries the same split.",
            IsRequired: true),
        new(
            "candidate-service", Scalars.Named("a Service's name", Names.Label), "The Service that new versions run behind.",
            Absent: "SERVICE-canary"),
        new(
            "stable-service", Scalars.Named("a Service's name", Names.Label),
            "The Service where a good version is to serve in the long run.", Absent: "SERVICE-stable"),
        new("managed", YesOrNo, "The controller keeps a stable copy of the one Deployment behind the Service.", "false"),
        new(
            "mode", Scalars.Choice(("patch", RouteMode.Patch), ("owned", RouteMode.Owned)),
            "Whether weights are patched in an object of yours, or in one that the controller makes.",
            Absent: $"patch for {Which(f => f.Mode == RouteMode.Patch)}, else owned"),
        new("drift", Scalars.Choice(
            ("auto", DriftPolicy.Auto), ("correct", DriftPolicy.Correct), ("pause", DriftPolicy.Pause),
            ("adopt", DriftPolicy.Adopt)), "What is done when somebody else changes the weights.", "auto"),
        new(
            "split", Scalars.Choice(("request", false), ("bucket", true)),
            "Whether the mesh splits each request by chance, or users by the header x-tc-bucket that the edge sets.", "request"),
        new(
            "metrics", Word(Presets), "What the mesh calls its metrics.",
            Absent: $"by the route; needed for {Which(f => f.Metrics is null)}, and where several routes differ"),
    ];

    /// <summary>The names of some dialects, for a person.</summary>
    private static string Which(Func<RouteForm, bool> isMeant) =>
        string.Join(" and ", RouteForms.All.Where(isMeant).Select(f => f.Dialect));

    internal static SectionShape Root { get; } = new(
        "a service on Kubernetes",
        [.. Own, .. DeliverySchema.Root.Keys.Where(k => !Elsewhere.ContainsKey(k.Name))],
        [.. DeliverySchema.Root.NotYet.Where(name => Own.All(k => k.Name != name))],
        [])
    { Elsewhere = Elsewhere, Foreign = References, Beside = DeclaredService.Wishes };

    private static ScalarShape Word(ImmutableArray<string> words) => new(
        $"one of {string.Join(", ", words)}",
        text => words.Contains(text)
            ? Meaning.Of(text)
            : Meaning.Wrong(
                $"expected one of {string.Join(", ", words)}, found \"{ScalarShape.Short(text)}\"", Suggest.DidYouMean(text, words)),
        () => new System.Text.Json.Nodes.JsonObject
        {
            ["enum"] = new System.Text.Json.Nodes.JsonArray([.. words.Select(w => (System.Text.Json.Nodes.JsonNode)w)]),
        });
}
