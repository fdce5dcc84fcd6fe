using System.Text.Json.Nodes;
using TrafficCtl.Core.Routing;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh.GatewayApi;

/// <summary>
/// A second route of our own with the parents, host names and matches of the first and one header more in each match: more header
/// matches go before an older route, so cohorts need no write to the first. It repeats the managed rule with all its filters and timeouts.
/// </summary>
internal static class CohortRoute
{
    private const int MostMatchesOfARule = 64, MostMatches = 128;

    public static string NameOf(RouteScene scene) => scene.Route.CohortsName;

    /// <summary>Nothing when it is as it is to be; its removal when no cohort has weights of its own.</summary>
    /// <param name="source">The first route, as it is to be found by those whom the second does not match.</param>
    public static MeshEdit? Edit(RouteScene scene, MeshResource of, JsonObject source, WantedSplit wanted)
    {
        var rules = new JsonArray();
        var rule =
            FoundRule.Find(scene, $"{of.Kind} {scene.Namespace}/{scene.Route.Name}", source["spec"]?["rules"], scene.Route.Rule).Rule;
        foreach (var cohort in wanted.Cohorts)
            rules.Add(Rule(scene, of, rule, cohort.Cohort.Name, HeaderMatch.Gateway(cohort.Cohort), wanted, cohort.Weights));
        if (wanted.IsByBucket && wanted.General.IsSplit)
            rules.Add(Rule(scene, of, rule, Bucket, BucketMatch(BucketPattern.Percent(wanted.General)), wanted, Weights.AllCandidate));
        if (rules.Count == 0) return OwnedObject.Removal(scene, of, NameOf(scene));
        if (rules.Sum(r => r!["matches"]!.AsArray().Count) > MostMatches) throw TooMany(scene, of, MostMatches);

        var whole = OwnedObject.Of(scene, of, NameOf(scene));
        var spec = new JsonObject();
        foreach (var key in new[] { "parentRefs", "hostnames" })
            if (source["spec"]?[key] is { } value) spec[key] = value.DeepClone();
        spec["rules"] = rules;
        whole["spec"] = spec;
        return OwnedObject.Edit(scene, of, NameOf(scene), whole);
    }

    /// <summary>The shares of everybody outside the cohorts: those of the first route, unless buckets are in the second.</summary>
    public static LiveShares Mix(RouteScene scene, MeshResource of, LiveShares main)
    {
        if (scene.Find(of, NameOf(scene)) is not { } live || !OwnedObject.IsOurs(live)) return main;
        foreach (var (at, rule) in JsonRead.Items(live["spec"]?["rules"]))
        {
            var pattern = JsonRead.Items(rule["matches"]).SelectMany(m => JsonRead.Items(m.Item["headers"]))
                .Where(h => JsonRead.Text(h.Item["name"]) == BucketPattern.Header)
                .Select(h => JsonRead.Text(h.Item["value"]))
                .FirstOrDefault();
            if (pattern is null) continue;
            var bare = pattern.StartsWith("^(?:", StringComparison.Ordinal) && pattern.EndsWith(")$", StringComparison.Ordinal)
                ? pattern[4..^2]
                : pattern;
            if (BucketPattern.PercentOf(bare) is not { } percent) return new LiveShares([]);
            return BucketPattern.Mix(GatewayBackends.Of(scene, NameOf(scene), new FoundRule(at, rule, null)).Shares(), main, percent);
        }

        return main;
    }

    private const string Bucket = "by-bucket";

    /// <summary>Whether a pattern must match all of a value is the implementation's affair: the anchors say so in any.</summary>
    private static JsonObject BucketMatch(int percent) => new()
    {
        ["type"] = "RegularExpression",
        ["name"] = BucketPattern.Header,
        ["value"] = $"^(?:{BucketPattern.Below(percent)})$",
    };

    private static JsonObject Rule(
        RouteScene scene, MeshResource of, JsonObject source, string name, JsonObject header, WantedSplit wanted, Weights weights)
    {
        var rule = GatewayMirrors.Without(scene, source);
        if (rule.ContainsKey("name")) rule["name"] = name;
        var matches = rule["matches"] as JsonArray ?? [];
        if (matches.Count > MostMatchesOfARule) throw TooMany(scene, of, MostMatchesOfARule);
        rule.Remove("matches");
        if (matches.Count == 0)
            matches = [of == GatewayApiDialect.HttpRoute
                ? new JsonObject { ["path"] = new JsonObject { ["type"] = "PathPrefix", ["value"] = "/" } }
                : new JsonObject()];
        foreach (var (_, match) in JsonRead.Items(matches))
        {
            var headers = match["headers"] as JsonArray ?? [];
            match["headers"] = null;
            match["headers"] = new JsonArray([
                .. headers.Select(h => h!.DeepClone()).Where(h => !SameHeader(h, header)), header.DeepClone()
            ]);
        }

        rule["matches"] = matches;
        var scale = WeightScale.For(weights);
        foreach (var (_, backend) in JsonRead.Items(rule["backendRefs"]))
            if (GatewayBackends.SlotOf(scene, backend) is { } slot)
                backend["weight"] = scale.Of((wanted with { General = weights }).ShareOf(slot.Service));
        Demand(scene, of, rule, wanted, weights);
        return rule;
    }

    /// <summary>One list has a header once: of two demands on it, the cohort's would replace the route's.</summary>
    private static bool SameHeader(JsonNode there, JsonObject added) =>
        string.Equals(JsonRead.Text(there["name"]), JsonRead.Text(added["name"]), StringComparison.OrdinalIgnoreCase)
        && (JsonNode.DeepEquals(there, added) ? true : throw new MeshException(
            MeshFault.Unsupported, $"the rule already matches on the header {JsonRead.Text(there["name"])}, and one match has each header "
                + "once; let the cohort go by another header"));

    private static void Demand(RouteScene scene, MeshResource of, JsonObject rule, WantedSplit wanted, Weights weights)
    {
        var slots = JsonRead.Items(rule["backendRefs"])
            .Select(b => GatewayBackends.SlotOf(scene, b.Item)?.Service)
            .ToHashSet(StringComparer.Ordinal);
        foreach (var (service, _) in (wanted with { General = weights }).Shares.Of)
        {
            if (slots.Contains(service)) continue;
            throw new MeshException(
                MeshFault.BackendMissing, $"{of.Kind} {scene.Namespace}/{scene.Route.Name} has no backendRef {service}, which is to take "
                    + "traffic; add it there with weight 0");
        }
    }

    private static MeshException TooMany(RouteScene scene, MeshResource of, int most) => new(
        MeshFault.Unsupported, $"{of.Kind} {scene.Namespace}/{NameOf(scene)} would have more than {most} matches, the most that the "
            + "Gateway API admits; split the rule, or use fewer cohorts");
}
