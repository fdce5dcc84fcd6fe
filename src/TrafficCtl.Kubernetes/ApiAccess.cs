using System.Collections.Immutable;

namespace TrafficCtl.Kubernetes;

/// <summary>What must be granted for what.</summary>
public enum ApiUse
{
    /// <summary>To every controller.</summary>
    Always,

    /// <summary>Where the controller keeps the stable copies of Deployments itself.</summary>
    ManagedMode,

    /// <summary>Where changed Secrets are to be seen as new versions.</summary>
    Secrets,

    /// <summary>Where both of these are: the Secrets of a stable copy are copies too.</summary>
    ManagedSecrets,
}

/// <param name="Use">What for.</param>
/// <param name="Group">Of the API; empty for the core group.</param>
/// <param name="Resource">The plural, with its subresource: <c>deliveries/status</c>.</param>
/// <param name="Verbs">As RBAC knows them.</param>
public sealed record ApiRule(ApiUse Use, string Group, string Resource, params ImmutableArray<string> Verbs)
{
    /// <summary>In the controller's own namespace only, not where it serves.</summary>
    public bool IsOwnNamespace { get; init; }

    /// <summary>Of that object only; null for all.</summary>
    public string? Name { get; init; }

    public bool Allows(string verb, string group, string resource, string? name) =>
        Group == group && Resource == resource && Verbs.Contains(verb) && (Name is null || Name == name);
}

/// <summary>Every call that the controller may make to a cluster's API. The roles below <c>deploy/</c> grant exactly this.</summary>
public static class ApiAccess
{
    /// <summary>The name of the Lease that the manifests are made for.</summary>
    public const string Lease = "trafficctl";

    /// <summary>The ConfigMaps in the controller's own namespace that keep what was last written to routes: several, for each has room for some thousands.</summary>
    public static readonly ImmutableArray<string> RouteLedgers = [.. Enumerable.Range(0, 8).Select(i => $"trafficctl-routes-{i}")];

    public static readonly ImmutableArray<ApiRule> Rules =
    [
        // What runs: read through watches.
        new(ApiUse.Always, "", "services", "get", "list", "watch"),
        new(ApiUse.Always, "apps", "deployments", "list", "watch"),
        new(ApiUse.Always, "apps", "daemonsets", "list", "watch"),
        new(ApiUse.Always, "discovery.k8s.io", "endpointslices", "list", "watch"),

        // Configuration makes versions.
        new(ApiUse.Always, "", "configmaps", "list", "watch"),

        // Our own objects. A spec is never written: it is somebody else's word.
        new(ApiUse.Always, "trafficctl.io", "deliveries", "get", "list", "watch", "create"),
        new(ApiUse.Always, "trafficctl.io", "deliveries/status", "update", "patch"),
        new(ApiUse.Always, "trafficctl.io", "rollouts", "get", "list", "watch", "create", "delete"),
        new(ApiUse.Always, "trafficctl.io", "rollouts/status", "update", "patch"),
        new(ApiUse.Always, "events.k8s.io", "events", "create", "patch"),

        // Routing objects: patched where they are somebody else's; made and deleted where they are the controller's own.
        new(ApiUse.Always, "networking.istio.io", "virtualservices", "get", "list", "watch", "create", "patch"),
        new(ApiUse.Always, "networking.istio.io", "destinationrules", "list", "watch"),
        new(ApiUse.Always, "gateway.networking.k8s.io", "httproutes", "get", "list", "watch", "create", "patch", "delete"),
        new(ApiUse.Always, "gateway.networking.k8s.io", "grpcroutes", "get", "list", "watch", "create", "patch", "delete"),
        new(ApiUse.Always, "split.smi-spec.io", "trafficsplits", "get", "list", "watch", "create", "patch", "delete"),
        new(ApiUse.Always, "linkerd.io", "serviceprofiles", "get", "list", "watch"),
        new(ApiUse.Always, "networking.k8s.io", "ingresses", "get", "list", "watch", "create", "patch", "delete"),
        new(ApiUse.Always, "traefik.io", "traefikservices", "get", "list", "watch", "create", "patch"),

        // One leader. A create cannot be restricted by name.
        new(ApiUse.Always, "coordination.k8s.io", "leases", "create") { IsOwnNamespace = true },
        new(ApiUse.Always, "coordination.k8s.io", "leases", "get", "update") { IsOwnNamespace = true, Name = Lease },

        // What was last written to routes.
        new(ApiUse.Always, "", "configmaps", "create") { IsOwnNamespace = true },
        .. RouteLedgers.Select(name => new ApiRule(ApiUse.Always, "", "configmaps", "get", "patch") { IsOwnNamespace = true, Name = name }),

        // An apply that makes an object is authorized as a create too. What was made is deleted when its Service is gone for good.
        new(ApiUse.ManagedMode, "", "services", "create", "patch", "delete"),
        new(ApiUse.ManagedMode, "", "configmaps", "create", "patch", "delete"),
        new(ApiUse.ManagedMode, "apps", "deployments", "create", "patch", "delete"),
        new(ApiUse.ManagedMode, "autoscaling", "horizontalpodautoscalers", "list", "watch", "create", "patch", "delete"),
        new(ApiUse.ManagedMode, "keda.sh", "scaledobjects", "list", "watch", "create", "patch", "delete"),

        new(ApiUse.Secrets, "", "secrets", "list", "watch"),
        new(ApiUse.ManagedSecrets, "", "secrets", "create", "patch", "delete"),
    ];

    /// <summary>Whether a call is in the table.</summary>
    /// <param name="verb">get, list, watch, create, update, patch or delete.</param>
    /// <param name="group">Empty for the core group.</param>
    /// <param name="resource">With its subresource, if any.</param>
    /// <param name="name">Null for a collection.</param>
    public static bool Allows(string verb, string group, string resource, string? name)
    {
        foreach (var rule in Rules)
            if (rule.Allows(verb, group, resource, name)) return true;
        return false;
    }
}
