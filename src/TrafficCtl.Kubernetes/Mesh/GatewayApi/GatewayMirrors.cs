using System.Text.Json.Nodes;
using TrafficCtl.Core.Routing;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh.GatewayApi;

/// <summary>
/// The filters <c>RequestMirror</c> of a rule: ours is the one that goes to a slot. The others, and their order, are somebody else's.
/// </summary>
internal static class GatewayMirrors
{
    private const string Type = "RequestMirror", Member = "requestMirror";

    public static MirrorList Of(RouteScene scene, string what, FoundRule rule) => new(
        what, Pointer.Of("spec", "rules", $"{rule.At}", "filters"), (rule.Rule["filters"] as JsonArray)?.Count,
        [.. JsonRead.Items(rule.Rule["filters"])
            .Where(f => IsOurs(scene, f.Item))
            .Select(f => new FoundMirror(f.At, ShareOf(f.Item[Member]!)))]);

    /// <exception cref="MeshException">The rule has no backendRef for the candidate.</exception>
    public static void Patch(RouteScene scene, string what, FoundRule rule, WantedSplit wanted, PatchBuilder patch) =>
        Of(scene, what, rule).Patch(
            patch, wanted, () => Filter(RefOf(scene, what, rule, wanted), wanted.Shadow.GetValueOrDefault()), Member);

    /// <summary>The rule as it would be without ours.</summary>
    public static JsonObject Without(RouteScene scene, JsonObject rule)
    {
        var copy = rule.DeepClone().AsObject();
        if (copy["filters"] is not JsonArray filters) return copy;
        foreach (var (_, filter) in JsonRead.Items(filters).Where(f => IsOurs(scene, f.Item)).ToArray()) filters.Remove(filter);
        if (filters.Count == 0) copy.Remove("filters");
        return copy;
    }

    /// <summary><c>percent</c> takes whole ones; else it is a fraction of 10000.</summary>
    public static JsonObject Filter(JsonNode to, Weights share)
    {
        var mirror = new JsonObject { ["backendRef"] = to };
        if (share.Candidate % 100 == 0) mirror["percent"] = share.Candidate / 100;
        else mirror["fraction"] = new JsonObject { ["numerator"] = share.Candidate, ["denominator"] = Weights.Total };
        return new JsonObject { ["type"] = Type, [Member] = mirror };
    }

    private static JsonObject RefOf(RouteScene scene, string what, FoundRule rule, WantedSplit wanted)
    {
        foreach (var (_, backend) in JsonRead.Items(rule.Rule["backendRefs"]))
        {
            if (GatewayBackends.SlotOf(scene, backend)?.Service != wanted.Candidate?.Service) continue;
            var reference = backend.DeepClone().AsObject();
            foreach (var own in new[] { "weight", "filters" }) reference.Remove(own);
            return reference;
        }

        throw new MeshException(
            MeshFault.BackendMissing,
            $"{what} has no backendRef {wanted.Candidate?.Service}, which is to get copies of requests; add it there with weight 0");
    }

    private static bool IsOurs(RouteScene scene, JsonObject filter) =>
        JsonRead.Text(filter["type"]) == Type
            && filter[Member]?["backendRef"] is JsonObject to
            && GatewayBackends.SlotOf(scene, to) is not null;

    /// <summary>Without a share everything is copied.</summary>
    private static Weights ShareOf(JsonNode mirror)
    {
        var share = JsonRead.Number(mirror["percent"]) is { } percent ? percent * 100
            : JsonRead.Number(mirror["fraction"]?["numerator"]) is { } numerator ? numerator * Weights.Total / Math.Max(
                1, JsonRead.Number(mirror["fraction"]?["denominator"]) ?? 100)
            : Weights.Total;
        return Weights.OfCandidate((int)Math.Clamp(Math.Round(share), 0, Weights.Total));
    }
}
