using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Events;

/// <summary>What applies an object from Git, as the object's own labels and annotations say.</summary>
/// <param name="What">For a person: <c>Argo CD Application argocd/checkout</c>.</param>
/// <param name="Pause">The command after which it changes nothing by itself.</param>
/// <param name="Apply">The command by which it applies what Git says now, and goes on by itself where it was paused.</param>
internal sealed record GitOwner(string What, string Pause, string Apply)
{
    private const string ArgoTracking = "argocd.argoproj.io/tracking-id", ArgoInstance = "argocd.argoproj.io/instance",
        Instance = "app.kubernetes.io/instance", Kustomize = "kustomize.toolkit.fluxcd.io", Helm = "helm.toolkit.fluxcd.io";

    /// <summary>Null where nothing says so: Helm charts set <c>app.kubernetes.io/instance</c> too, so that alone is nobody's.</summary>
    public static GitOwner? Of(JsonObject thing)
    {
        if (Argo(thing) is { } application) return OfArgo(application);
        // The chart's release is what a Kustomization holds, so the nearer one goes first.
        if (Flux(thing, Helm) is var (release, ofRelease)) return OfFlux("HelmRelease", "helmrelease", release, ofRelease);
        return Flux(thing, Kustomize) is var (name, space) ? OfFlux("Kustomization", "kustomization", name, space) : null;
    }

    private static (string Name, string Space)? Flux(JsonObject thing, string group) =>
        thing.Label($"{group}/name") is { Length: > 0 } name && thing.Label($"{group}/namespace") is { Length: > 0 } space
            ? (name, space)
            : null;

    /// <summary>The id is <c>APP:GROUP/KIND:NAMESPACE/NAME</c>, and an app outside Argo's namespace is <c>NAMESPACE_APP</c>.</summary>
    private static string? Argo(JsonObject thing)
    {
        if (thing.Annotation(ArgoTracking)?.Split(':') is [{ Length: > 0 } application, _, ..]) return application;
        if (thing.Label(ArgoInstance) is { Length: > 0 } own) return own;
        var isApplied = thing.ListAt("metadata", "managedFields")
            .Any(f => f.TextAt("manager")?.StartsWith("argocd", StringComparison.OrdinalIgnoreCase) == true);
        return isApplied && thing.Label(Instance) is { Length: > 0 } instance ? instance : null;
    }

    private static GitOwner OfArgo(string tracked)
    {
        var (space, name) = tracked.Split('_') is [{ Length: > 0 } before, { Length: > 0 } after] ? (before, after) : (null, tracked);
        var at = space is null ? name : $"{name} --app-namespace {space}";
        var what = $"Argo CD Application {(space is null ? "" : space + "/")}{name}";
        return new(what, $"argocd app set {at} --sync-policy none", $"argocd app sync {at}");
    }

    private static GitOwner OfFlux(string kind, string word, string name, string space) => new(
        $"Flux {kind} {space}/{name}", $"flux suspend {word} {name} -n {space}", $"flux reconcile {word} {name} -n {space} --with-source");
}
