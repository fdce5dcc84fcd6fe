using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh.IngressNginx;

/// <summary>
/// ingress-nginx: a second Ingress of our own beside the main one, which is only read. It takes the share of the slot that the main one
/// does not name.
/// </summary>
internal sealed class IngressNginxDialect : IMeshDialect
{
    internal const string Prefix = "nginx.ingress.kubernetes.io/";
    private const string ClassAnnotation = "kubernetes.io/ingress.class";

    internal static readonly MeshResource Ingress = new("networking.k8s.io", "ingresses", "Ingress", ["v1"])
    {
        Verbs = ["get", "list", "watch", "create", "patch", "delete"],
    };

    public RouteForm Form { get; } = new("ingress-nginx", RouteMode.Owned, "ingress-nginx");

    public ImmutableArray<MeshResource> Kinds => [Ingress];

    public ImmutableArray<MeshRead> Needs(RouteScene scene) =>
        [new(Ingress, scene.Route.Name), new(Ingress, CanaryName(scene)), new(Ingress, null, IsOptional: true)];

    public LiveShares? Read(RouteScene scene)
    {
        var (main, other) = Sides(scene);
        if (scene.Find(Ingress, CanaryName(scene))?["metadata"]?["annotations"] is not JsonObject annotations
            || JsonRead.Text(annotations[Prefix + "canary"]) != "true")
            return new LiveShares([new LiveShare(main.Service, 1), new LiveShare(other.Service, 0)]);
        var weight = Number(annotations, "canary-weight", 0);
        var total = Number(annotations, "canary-weight-total", 100);
        return new LiveShares([
            new LiveShare(main.Service, Math.Max(0, total - weight)), new LiveShare(other.Service, Math.Min(weight, total))
        ]);
    }

    public ImmutableArray<MeshEdit> Plan(RouteScene scene, WantedSplit wanted)
    {
        var (_, other) = Sides(scene);
        if (wanted.IsByBucket) throw Unsupported(scene, "it has one match, on a header or a cookie, and no split by buckets");
        var annotations = new JsonObject { [Prefix + "canary"] = "true" };
        var scale = WeightScale.For(wanted.General);
        annotations[Prefix + "canary-weight"] = Text(scale.Of(wanted.ShareOf(other.Service)));
        // Some versions ignore the total: it is left at its default of 100 where whole percents will do.
        if (scale.Total != 100) annotations[Prefix + "canary-weight-total"] = Text(scale.Total);
        foreach (var cohort in wanted.Cohorts) AddCohort(scene, wanted, cohort, other, annotations);

        var main = Main(scene);
        var whole = OwnedObject.Of(scene, Ingress, CanaryName(scene));
        if (main["metadata"]?["annotations"]?[ClassAnnotation] is { } name) annotations[ClassAnnotation] = name.DeepClone();
        whole["metadata"]!["annotations"] = annotations;
        whole["spec"] = CanaryIngress.Spec(scene, main, other);
        var edit = OwnedObject.Edit(scene, Ingress, CanaryName(scene), whole);
        if (edit is null && HasStale(scene, annotations)) edit = new MeshEdit.Apply(Ingress, CanaryName(scene), whole);
        return edit is null ? [] : [edit];
    }

    public ImmutableArray<(MeshResource Of, string Name)> Objects(RouteScene scene) => [(Ingress, CanaryName(scene))];

    public MeshRelease Release(RouteScene scene, WantedSplit safe)
    {
        var (main, _) = Sides(scene);
        if (safe.Stable.Service == main.Service)
            return new(OwnedObject.Removal(scene, Ingress, CanaryName(scene)) is { } removal ? [removal] : [], null);
        return new(
            Plan(scene, safe),
            $"Ingress {scene.Namespace}/{CanaryName(scene)} stays, with all traffic: stable runs behind {safe.Stable.Service}, and "
                + $"{scene.Route.Name} names {main.Service}");
    }

    public ImmutableArray<string> Warnings(RouteScene scene)
    {
        if (scene.Find(Ingress, scene.Route.Name) is not { } main) return [];
        var warnings = ImmutableArray.CreateBuilder<string>();
        if (JsonRead.Text(main["metadata"]?["annotations"]?[Prefix + "affinity"]) is not null)
        {
            warnings.Add(
                $"Ingress {scene.Namespace}/{scene.Route.Name} has affinity: who has its cookie stays where it is whatever the weights "
                    + "say, also at 0; after a rollback scale the candidate down");
        }

        var places = CanaryIngress.Places(main).ToHashSet(StringComparer.Ordinal);
        foreach (var other in scene.All(Ingress))
        {
            if (JsonRead.Text(other["metadata"]?["name"]) is not { } name || name == CanaryName(scene)) continue;
            if (JsonRead.Text(other["metadata"]?["annotations"]?[Prefix + "canary"]) != "true"
                || CanaryIngress.Places(other).FirstOrDefault(places.Contains) is not { } place)
                continue;
            warnings.Add(
                $"Ingress {scene.Namespace}/{name} is a canary of {place} too, and ingress-nginx obeys one of them only: the weights may "
                    + "have no effect; remove it");
        }

        return warnings.ToImmutable();
    }

    public ImmutableArray<MeshResource> Sending => [Ingress];

    public ImmutableArray<OtherSender> Senders(RouteScene scene, WantedSplit wanted) =>
    [
        .. scene.All(Ingress)
            .Where(o => JsonRead.Text(o["metadata"]?["name"]) is { } name
                && scene.Target.Routes.All(r => name != r.Route.Name && name != CanaryName(r.Route)))
            .SelectMany(other => OtherSender.Of(
                $"Ingress {scene.Namespace}/{JsonRead.Text(other["metadata"]?["name"])}", false,
                CanaryIngress.Services(other).Where(service => scene.Target.Slots.Any(s => s.Service == service)))),
    ];

    /// <summary>The slot that the main Ingress names, and the other one.</summary>
    internal static (Slot Main, Slot Other) Sides(RouteScene scene)
    {
        var named = CanaryIngress.Services(Main(scene)).ToHashSet(StringComparer.Ordinal);
        var slots = scene.Target.Slots.Where(s => named.Contains(s.Service)).ToArray();
        var other = scene.Target.Slots.FirstOrDefault(s => !named.Contains(s.Service));
        if (slots.Length == 1 && other is not null) return (slots[0], other);
        throw new MeshException(
            MeshFault.BackendMissing,
            $"Ingress {scene.Namespace}/{scene.Route.Name} must name exactly one of "
                + $"{string.Join(" and ", scene.Target.Slots.Select(s => s.Service))}, and names "
            + $"{(slots.Length == 0 ? "none" : string.Join(" and ", slots.Select(s => s.Service)))}; the controller's canary Ingress "
            + "takes the other");
    }

    private static JsonObject Main(RouteScene scene) => scene.Find(Ingress, scene.Route.Name) ?? throw new MeshException(
        MeshFault.NotFound, $"Ingress {scene.Namespace}/{scene.Route.Name} does not exist; the route must name the main Ingress");

    /// <summary>A header goes before a cookie and that before the weight, and each sends all or nothing to the canary.</summary>
    private static void AddCohort(RouteScene scene, WantedSplit wanted, CohortSplit cohort, Slot other, JsonObject annotations)
    {
        var share = other.Service == wanted.Candidate?.Service ? cohort.Weights.Candidate : cohort.Weights.Stable;
        if (share != Weights.Total || wanted.Cohorts.Length != 1)
            throw Unsupported(scene, $"one cohort can be sent to {other.Service} entirely; "
                + $"{string.Join(", ", wanted.Cohorts.Select(c => $"{c.Cohort.Name} {c.Weights}"))} cannot be said");
        switch (cohort.Cohort.Attribute)
        {
            case { Source: AttributeSource.Header, Name: var name }:
                annotations[Prefix + "canary-by-header"] = name;
                annotations[Prefix + "canary-by-header-value"] = cohort.Cohort.EqualTo;
                break;
            case { Source: AttributeSource.Cookie, Name: var name } when cohort.Cohort.EqualTo == "always":
                annotations[Prefix + "canary-by-cookie"] = name;
                break;
            default:
                throw Unsupported(scene, $"the cohort {cohort.Cohort.Name} ({cohort.Cohort.Attribute}) must go by a header, or by a "
                    + "cookie with the value always");
        }
    }

    /// <summary>An annotation of an earlier split that this one does not have.</summary>
    private static bool HasStale(RouteScene scene, JsonObject wanted) =>
        scene.Find(Ingress, CanaryName(scene))?["metadata"]?["annotations"] is JsonObject live
        && live.Any(a => a.Key.StartsWith(Prefix + "canary", StringComparison.Ordinal) && !wanted.ContainsKey(a.Key));

    private static decimal Number(JsonObject annotations, string key, int otherwise)
    {
        var text = JsonRead.Text(annotations[Prefix + key]);
        return text is null ? otherwise : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }

    private static string CanaryName(RouteScene scene) => CanaryName(scene.Route);

    private static string CanaryName(RouteReference route) => route.Name + "-tc-canary";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static MeshException Unsupported(RouteScene scene, string why) =>
        new(MeshFault.Unsupported, $"Ingress {scene.Namespace}/{CanaryName(scene)}: {why}; change the steps, or use a mesh that can");
}
