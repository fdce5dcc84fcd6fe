using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes;

namespace TrafficCtl.TestKit;

/// <summary>A resource as the server has it: all its versions share the objects.</summary>
internal sealed class KubeResource(string group, string plural, string kind, bool isNamespaced)
{
    public string Group { get; } = group;

    public string Plural { get; } = plural;

    public string Kind { get; } = kind;

    public bool IsNamespaced { get; } = isNamespaced;

    /// <summary>Served ones, the preferred first.</summary>
    public List<KubeVersion> Versions { get; } = [];

    /// <summary>Services, configuration, leases and events have none.</summary>
    public bool HasGeneration { get; init; } = true;

    /// <summary>A PUT without a resourceVersion is refused.</summary>
    public bool NeedsResourceVersion { get; init; } = true;

    /// <summary>What people type for it.</summary>
    public JsonArray ShortNames { get; init; } = [];

    /// <summary>Whether it is of a CRD: no strategic merge patch.</summary>
    public bool IsCustom { get; init; } = true;

    /// <summary>By namespace/name, as etcd orders them.</summary>
    public SortedDictionary<string, JsonObject> Objects { get; } = new(StringComparer.Ordinal);

    public KubeVersion? Find(string version) => Versions.FirstOrDefault(v => v.Name == version);

    public static string Key(string? @in, string name) => $"{@in}/{name}";

    public static KubeResource Of(KubeKind kind, JsonObject? schema, bool hasStatus)
    {
        var resource = new KubeResource(kind.Group, kind.Plural, kind.Kind, kind.IsNamespaced);
        resource.Versions.Add(new KubeVersion(kind.Version, schema, hasStatus));
        return resource;
    }

    /// <summary>The kinds that every cluster serves, as far as a controller of traffic meets them.</summary>
    public static IEnumerable<KubeResource> BuiltIn()
    {
        foreach (var (plural, kind) in new[]
        {
            ("configmaps", "ConfigMap"), ("secrets", "Secret"), ("serviceaccounts", "ServiceAccount"), ("endpoints", "Endpoints")
        })
            yield return Plain("", "v1", plural, kind, hasStatus: false);
        foreach (var (plural, kind) in new[] { ("services", "Service"), ("pods", "Pod") })
            yield return Plain("", "v1", plural, kind, hasStatus: true);
        yield return Plain("", "v1", "namespaces", "Namespace", hasStatus: true, isNamespaced: false);
        yield return Plain("", "v1", "nodes", "Node", hasStatus: true, isNamespaced: false);
        yield return Plain("", "v1", "events", "Event", hasStatus: false);
        yield return Plain("events.k8s.io", "v1", "events", "Event", hasStatus: false);
        yield return Plain("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", hasStatus: false, hasGeneration: true);
        yield return Plain("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", hasStatus: true);
        yield return Plain("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", hasStatus: true, hasGeneration: true);
        yield return Plain("coordination.k8s.io", "v1", "leases", "Lease", hasStatus: false, needsVersion: true);
        yield return Plain("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", hasStatus: false, isNamespaced: false);
        yield return Plain(
            "authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", hasStatus: false, isNamespaced: false);
        yield return Plain("networking.k8s.io", "v1", "ingresses", "Ingress", hasStatus: true, hasGeneration: true);
        foreach (var (plural, kind) in new[]
        {
            ("deployments", "Deployment"), ("replicasets", "ReplicaSet"), ("statefulsets", "StatefulSet"), ("daemonsets", "DaemonSet")
        })
            yield return Plain("apps", "v1", plural, kind, hasStatus: true, hasGeneration: true);
        yield return Plain(
            "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition",
            hasStatus: true, isNamespaced: false, hasGeneration: true);
    }

    private static KubeResource Plain(
        string group, string version, string plural, string kind, bool hasStatus,
        bool isNamespaced = true, bool hasGeneration = false, bool needsVersion = false) => new(group, plural, kind, isNamespaced)
        {
            HasGeneration = hasGeneration,
            NeedsResourceVersion = needsVersion,
            IsCustom = false,
            ShortNames = plural switch
            {
                "configmaps" =>
                ["cm"],
                "services" => ["svc"],
                "pods" => ["po"],
                "deployments" => ["deploy"],
                "events" => ["ev"],
                _ => []
            },
            Versions = { new KubeVersion(version, Schema: null, hasStatus) },
        };
}

/// <param name="Schema">openAPIV3Schema; null when anything goes.</param>
/// <param name="Columns">additionalPrinterColumns; null where only the name and the age are shown, by the client.</param>
internal sealed record KubeVersion(string Name, JsonObject? Schema, bool HasStatus, JsonArray? Columns = null);
