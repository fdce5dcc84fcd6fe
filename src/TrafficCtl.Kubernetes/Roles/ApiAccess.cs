using System.Collections.Immutable;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Dialects;
using TrafficCtl.Kubernetes.Mesh.Ledger;

namespace TrafficCtl.Kubernetes.Roles;

/// <summary>What must be granted for what.</summary>
public enum ApiUse
{
    /// <summary>To every controller.</summary>
    Always,

    /// <summary>Where the controller keeps the stable copies of Deployments itself.</summary>
    ManagedMode,

    /// <summary>Where tokens of the cluster say who asks the admin API.</summary>
    Callers,

    /// <summary>Where changed Secrets are to be seen as new versions.</summary>
    Secrets,

    /// <summary>In managed mode with Secrets: the Secrets of a stable copy are copies too.</summary>
    ManagedSecrets,
}

/// <param name="Use">What for.</param>
/// <param name="Group">The group of the API; empty for the core group.</param>
/// <param name="Resource">The plural, with its subresource: <c>deliveries/status</c>.</param>
/// <param name="Verbs">As RBAC knows them.</param>
public sealed record ApiRule(ApiUse Use, string Group, string Resource, params ImmutableArray<string> Verbs)
{
    /// <summary>In the controller's own namespace only, not where it serves.</summary>
    public bool IsOwnNamespace { get; init; }

    /// <summary>The name of the one object; null for all.</summary>
    public string? Name { get; init; }

    public bool Allows(string verb, string group, string resource, string? name) =>
        Group == group && Resource == resource && Verbs.Contains(verb) && (Name is null || Name == name);
}

/// <summary>Every call that the controller may make to a cluster's API. The roles below <c>deploy/</c> grant exactly this.</summary>
public static class ApiAccess
{
    /// <summary>The name of the Lease that the manifests are made for.</summary>
    public const string Lease = "trafficctl";

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
        .. OfRoutes(DialectList.All),

        // One leader. A create cannot be restricted by name.
        new(ApiUse.Always, "coordination.k8s.io", "leases", "create") { IsOwnNamespace = true },
        new(ApiUse.Always, "coordination.k8s.io", "leases", "get", "update") { IsOwnNamespace = true, Name = Lease },

        // What was last written to routes.
        new(ApiUse.Always, "", "configmaps", "create") { IsOwnNamespace = true },
        .. KubeLedger.Names.Select(
            name => new ApiRule(ApiUse.Always, "", "configmaps", "get", "patch") { IsOwnNamespace = true, Name = name }),

        // An apply that makes an object is authorized as a create too. What was made is deleted when its Service is gone for good.
        new(ApiUse.ManagedMode, "", "services", "create", "patch", "delete"),
        new(ApiUse.ManagedMode, "", "configmaps", "create", "patch", "delete"),
        new(ApiUse.ManagedMode, "apps", "deployments", "create", "patch", "delete"),
        new(ApiUse.ManagedMode, "autoscaling", "horizontalpodautoscalers", "list", "watch", "create", "patch", "delete"),
        new(ApiUse.ManagedMode, "keda.sh", "scaledobjects", "list", "watch", "create", "patch", "delete"),

        // Whose a token is, and what its user may: as Kubernetes' own system:auth-delegator has them.
        new(ApiUse.Callers, "authentication.k8s.io", "tokenreviews", "create"),
        new(ApiUse.Callers, "authorization.k8s.io", "subjectaccessreviews", "create"),

        new(ApiUse.Secrets, "", "secrets", "list", "watch"),
        new(ApiUse.ManagedSecrets, "", "secrets", "create", "patch", "delete"),
    ];

    /// <summary>What routing objects need: each kind that a dialect has verbs for.</summary>
    internal static ImmutableArray<ApiRule> OfRoutes(IEnumerable<IMeshDialect> dialects) =>
    [
        .. dialects.SelectMany(d => d.Kinds.AsEnumerable()).Where(k => !k.Verbs.IsEmpty).Distinct()
            .Select(k => new ApiRule(ApiUse.Always, k.Group, k.Plural, k.Verbs)),
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
