using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh.Istio;

/// <summary>Istio: weights of one http rule of a VirtualService (patch), or a delegate VirtualService of our own (owned).</summary>
internal sealed class IstioDialect : IMeshDialect
{
    private static readonly ImmutableArray<string> Versions = ["v1", "v1beta1", "v1alpha3"];

    internal static readonly MeshResource VirtualService = new("networking.istio.io", "virtualservices", "VirtualService", Versions)
    {
        Verbs = ["get", "list", "watch", "create", "patch"],
    };
    internal static readonly MeshResource DestinationRule = new("networking.istio.io", "destinationrules", "DestinationRule", Versions)
    {
        Verbs = ["list", "watch"],
    };

    public RouteForm Form { get; } = new("istio", RouteMode.Patch, "istio") { HasRules = true };

    public bool CanMirror => true;

    public ImmutableArray<MeshResource> Kinds => [VirtualService, DestinationRule, MeshResources.Service];

    public ImmutableArray<MeshRead> Needs(RouteScene scene)
    {
        var main = new MeshRead(VirtualService, scene.Route.Name);
        if (scene.Find(VirtualService, scene.Route.Name) is not { } live
            || scene.Target.Mode == RouteMode.Owned
            || !IstioDestinations.UsesSubsets(scene, live))
            return [main];
        return
        [
            main,
            new MeshRead(DestinationRule, null),
            .. scene.Target.Slots.Select(s => new MeshRead(MeshResources.Service, s.Service)),
        ];
    }

    public LiveShares? Read(RouteScene scene)
    {
        var live = scene.Find(VirtualService, scene.Route.Name);
        if (scene.Target.Mode == RouteMode.Owned) return live is null ? null : IstioDelegate.Read(scene, live);
        var (rule, backends) = Managed(scene, live ?? throw Missing(scene));
        return backends.Shares() with { Shadow = IstioMirrors.Of(scene, rule, backends).Share };
    }

    public ImmutableArray<MeshEdit> Plan(RouteScene scene, WantedSplit wanted)
    {
        if (scene.Target.Mode == RouteMode.Owned) return Owned(scene, wanted) is { } edit ? [edit] : [];
        var live = scene.Find(VirtualService, scene.Route.Name) ?? throw Missing(scene);
        if (wanted.IsByBucket) throw Unsupported(scene, $"a split by the header {BucketPattern.Header} needs rules of its own");
        var (rule, backends) = Managed(scene, live);
        var patch = new PatchBuilder(live);
        TestName(patch, rule);
        backends.Patch(patch, wanted, bp => WeightScale.For(wanted.General).Of(bp));
        IstioMirrors.Patch(scene, rule, backends, wanted, patch);
        foreach (var cohort in wanted.Cohorts) PatchCohort(scene, live, rule, cohort, wanted, patch);
        return patch.ChangesAnything ? [new MeshEdit.Patch(VirtualService, scene.Route.Name, patch.Done())] : [];
    }

    public ImmutableArray<(MeshResource Of, string Name)> Objects(RouteScene scene) => [(VirtualService, scene.Route.Name)];

    public ImmutableArray<MeshResource> Sending => [VirtualService];

    public ImmutableArray<OtherSender> Senders(RouteScene scene, WantedSplit wanted)
    {
        var senders = ImmutableArray.CreateBuilder<OtherSender>();
        if (scene.Target.Mode == RouteMode.Patch && scene.Find(VirtualService, scene.Route.Name) is { } live)
        {
            var own = Main(scene, live);
            foreach (var (at, rule) in JsonRead.Items(live["spec"]?["http"]))
            {
                var name = JsonRead.Text(rule["name"]);
                if (at == own.At || wanted.Cohorts.Any(c => name == CohortRule(own, c)) || IsAlso(scene, scene.Route.Name, name, wanted))
                    continue;
                var what = $"another rule of {What(scene)} ({OtherSender.NameOf(rule, at)})";
                senders.AddRange(OtherSender.Of(what, true, IstioDestinations.Reached(scene, rule)));
            }
        }

        foreach (var other in scene.All(VirtualService))
        {
            var name = JsonRead.Text(other["metadata"]?["name"]);
            if (name == scene.Route.Name) continue;
            var reached = JsonRead.Items(other["spec"]?["http"])
                .Where(r => !IsAlso(scene, name, JsonRead.Text(r.Item["name"]), wanted))
                .SelectMany(r => IstioDestinations.Reached(scene, r.Item));
            senders.AddRange(OtherSender.Of($"VirtualService {scene.Namespace}/{name}", false, reached));
        }

        return senders.ToImmutable();
    }

    /// <summary>The rule of another route of the service, or of a cohort there.</summary>
    private static bool IsAlso(RouteScene scene, string? name, string? rule, WantedSplit wanted) =>
        scene.Target.Manages(name, rule) || wanted.Cohorts.Any(c => scene.Target.Also.Any(
            a => a.Route.Rule is { } main && rule == $"{main}-{c.Cohort.Name}" && scene.Target.Manages(name, main)));

    public ManagedRule? Rule(RouteScene scene)
    {
        if (scene.Find(VirtualService, scene.Route.Name) is not { } live) return null;
        var services = scene.Target.Mode == RouteMode.Owned
            ? scene.Target.Slots.Select(s => s.Service)
            : IstioDestinations.Hosts(scene, Main(scene, live).Rule);
        return new ManagedRule(null, [.. services.Distinct(StringComparer.Ordinal)]);
    }

    /// <summary>A root that refers to a delegate that is gone answers 404: it stays.</summary>
    public MeshRelease Release(RouteScene scene, WantedSplit safe) => new(
        Plan(scene, safe),
        scene.Target.Mode == RouteMode.Owned && scene.Find(VirtualService, scene.Route.Name) is not null
            ? $"VirtualService {scene.Namespace}/{scene.Route.Name} stays, with all traffic on stable: the root that delegates to it "
                + "would answer 404 without it"
            : null);

    /// <summary>A mirror that is there and no longer wanted is no field that is missing.</summary>
    private static MeshEdit? Owned(RouteScene scene, WantedSplit wanted)
    {
        var whole = IstioDelegate.Whole(scene, wanted);
        if (OwnedObject.Edit(scene, VirtualService, scene.Route.Name, whole) is { } edit) return edit;
        return scene.Find(VirtualService, scene.Route.Name) is { } live
            && IstioDelegate.Read(scene, live).Shadow != wanted.Shadow.GetValueOrDefault()
            ? new MeshEdit.Apply(VirtualService, scene.Route.Name, whole)
            : null;
    }

    /// <summary>
    /// In the mode patch the rule of a cohort is the user's: named after the managed rule and the cohort, before it, with the match.
    /// </summary>
    private static void PatchCohort(
        RouteScene scene, JsonObject live, FoundRule main, CohortSplit cohort, WantedSplit wanted, PatchBuilder patch)
    {
        var name = CohortRule(main, cohort);
        var what = What(scene);
        if (main.Name is null || !JsonRead.Items(live["spec"]?["http"]).Any(r => JsonRead.Text(r.Item["name"]) == name))
        {
            throw Unsupported(
                scene, $"the cohort {cohort.Cohort.Name} has weights of its own, and there is no rule named "
                    + $"{(main.Name is null ? "RULE-" + cohort.Cohort.Name : name)} with its match and both destinations");
        }

        var rule = FoundRule.Find(scene, what, live["spec"]?["http"], name);
        if (rule.At > main.At)
            throw new MeshException(
                MeshFault.Invalid, $"{what}: the rule {name} stands after {main.Name}, which takes its requests first; move it before");
        TestName(patch, rule);
        IstioDestinations.Of(scene, rule).Patch(
            patch, wanted with { General = cohort.Weights }, bp => WeightScale.For(cohort.Weights).Of(bp));
    }

    private static FoundRule Main(RouteScene scene, JsonObject live) =>
        FoundRule.Find(scene, What(scene), live["spec"]?["http"], scene.Route.Rule);

    private static string CohortRule(FoundRule main, CohortSplit cohort) => $"{main.Name}-{cohort.Cohort.Name}";

    private static void TestName(PatchBuilder patch, FoundRule rule) =>
        patch.Test(Pointer.Of("spec", "http", $"{rule.At}", "name"), rule.Rule["name"]);

    private static (FoundRule Rule, RuleBackends Backends) Managed(RouteScene scene, JsonObject live)
    {
        var rule = Main(scene, live);
        if (rule.Rule["delegate"] is JsonObject handed)
            throw Unsupported(scene, $"the rule hands over to the delegate {JsonRead.Text(handed["name"])}; make that the route");
        return (rule, IstioDestinations.Of(scene, rule));
    }

    private static string What(RouteScene scene) => $"VirtualService {scene.Namespace}/{scene.Route.Name}";

    private static MeshException Missing(RouteScene scene) => new(
        MeshFault.NotFound,
        $"{What(scene)} does not exist; create it with both Services as destinations, or set mode owned and delegate to it");

    private static MeshException Unsupported(RouteScene scene, string why) => new(
        MeshFault.Unsupported, $"{What(scene)}: {why}; add it, or let the controller own a delegate (mode owned)");
}
