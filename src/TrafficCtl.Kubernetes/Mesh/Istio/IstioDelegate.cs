using System.Text.Json.Nodes;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh.Istio;

/// <summary>A VirtualService of our own that a root delegates to: no hosts, no gateways, cohorts first, everybody last.</summary>
internal static class IstioDelegate
{
    private const string Bucket = "by-bucket";

    public static JsonObject Whole(RouteScene scene, WantedSplit wanted)
    {
        var http = new JsonArray();
        foreach (var cohort in wanted.Cohorts) http.Add(Rule(cohort.Cohort.Name, HeaderMatch.Istio(cohort.Cohort), wanted, cohort.Weights));
        if (wanted.IsByBucket && wanted.General.IsSplit)
        {
            var match = new JsonObject
            {
                [BucketPattern.Header] = new JsonObject { ["regex"] = BucketPattern.Below(BucketPattern.Percent(wanted.General)) },
            };
            http.Add(Rule(Bucket, match, wanted, Weights.AllCandidate));
            http.Add(Rule(Main(scene), null, wanted, Weights.AllStable));
        }
        else http.Add(Mirrored(Rule(Main(scene), null, wanted, wanted.General), wanted));

        var whole = OwnedObject.Of(scene, IstioDialect.VirtualService, scene.Route.Name);
        whole["spec"] = new JsonObject { ["http"] = http };
        return whole;
    }

    /// <summary>What everybody outside the cohorts meets.</summary>
    public static LiveShares Read(RouteScene scene, JsonObject live)
    {
        var rules = live["spec"]?["http"];
        var bucket = JsonRead.Items(rules).FirstOrDefault(r => JsonRead.Text(r.Item["name"]) == Bucket).Item;
        var rule = FoundRule.Find(scene, $"VirtualService {scene.Namespace}/{scene.Route.Name}", rules, Main(scene));
        var backends = IstioDestinations.Of(scene, rule);
        var main = backends.Shares() with { Shadow = IstioMirrors.Of(scene, rule, backends).Share };
        if (bucket is null) return main;
        var text = JsonRead.Items(bucket["match"])
            .Select(m => JsonRead.Text(m.Item["headers"]?[BucketPattern.Header]?["regex"]))
            .FirstOrDefault();
        if (BucketPattern.PercentOf(text) is not { } percent) return new LiveShares([]);
        return BucketPattern.Mix(Shares(scene, bucket), main, percent);
    }

    private static LiveShares Shares(RouteScene scene, JsonObject rule) =>
        IstioDestinations.Of(scene, new FoundRule(0, rule, Bucket)).Shares();

    private static string Main(RouteScene scene) => scene.Route.Rule ?? "everybody";

    private static JsonObject Rule(string name, JsonObject? headers, WantedSplit wanted, Weights weights)
    {
        var scale = WeightScale.For(weights);
        var route = new JsonArray(Destination(wanted.Stable, scale.Of(weights.Stable)));
        if (wanted.Candidate is not null) route.Add(Destination(wanted.Candidate, scale.Of(weights.Candidate)));
        var rule = new JsonObject { ["name"] = name };
        if (headers is not null) rule["match"] = new JsonArray(new JsonObject { ["headers"] = headers });
        rule["route"] = route;
        return rule;
    }

    private static JsonObject Mirrored(JsonObject rule, WantedSplit wanted)
    {
        if (wanted is { IsShadow: true, Shadow: { } share, Candidate: { } slot })
            rule["mirrors"] = new JsonArray(IstioMirrors.Entry(Destination(slot), share));
        return rule;
    }

    private static JsonNode Destination(Slot slot, int weight) =>
        new JsonObject { ["destination"] = Destination(slot), ["weight"] = weight };

    private static JsonObject Destination(Slot slot)
    {
        var destination = new JsonObject { ["host"] = slot.Service };
        if (slot.Port is { } port) destination["port"] = new JsonObject { ["number"] = port };
        return destination;
    }
}
