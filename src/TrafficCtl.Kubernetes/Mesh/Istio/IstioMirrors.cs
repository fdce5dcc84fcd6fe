using System.Text.Json.Nodes;
using TrafficCtl.Core.Routing;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh.Istio;

/// <summary>
/// The mirrors of an http rule. Fire and forget: the answer of a copy is thrown away, and its host has <c>-shadow</c> at its end.
/// </summary>
internal static class IstioMirrors
{
    private const string Share = "percentage";

    /// <summary>Those that go where one of the rule's own destinations goes that is a slot.</summary>
    public static MirrorList Of(RouteScene scene, FoundRule rule, RuleBackends backends)
    {
        var slots = JsonRead.Items(rule.Rule["route"]).Where(
            r => backends.All.Any(b => b.Slot is not null && b.Path == IstioDestinations.PathOf(rule.At, r.At)))
            .Select(r => r.Item["destination"]).ToArray();
        var ours = JsonRead.Items(rule.Rule["mirrors"])
            .Where(m => slots.Any(s => IsSame(scene, s, m.Item["destination"])))
            .Select(m => new FoundMirror(m.At, ShareOf(m.Item)));
        return new MirrorList(
            backends.What, Pointer.Of("spec", "http", $"{rule.At}", "mirrors"), (rule.Rule["mirrors"] as JsonArray)?.Count, [.. ours]);
    }

    /// <exception cref="MeshException">The rule has no destination for the candidate, or a mirror of the older form.</exception>
    public static void Patch(RouteScene scene, FoundRule rule, RuleBackends backends, WantedSplit wanted, PatchBuilder patch)
    {
        if (wanted.IsShadow && rule.Rule["mirror"] is not null)
        {
            throw new MeshException(
                MeshFault.Unsupported, $"{backends.What} has mirror, and Istio takes either that or mirrors, which a shadow step is "
                    + "written into; write yours as an entry of mirrors");
        }

        Of(scene, rule, backends).Patch(
            patch, wanted, () => Entry(DestinationOf(rule, backends, wanted), wanted.Shadow.GetValueOrDefault()), Share);
    }

    public static JsonObject Entry(JsonNode destination, Weights share) => new()
    {
        ["destination"] = destination,
        [Share] = new JsonObject { ["value"] = share.Candidate / 100m },
    };

    private static JsonNode DestinationOf(FoundRule rule, RuleBackends backends, WantedSplit wanted)
    {
        foreach (var (at, item) in JsonRead.Items(rule.Rule["route"]))
        {
            if (item["destination"] is { } destination
                && backends.All.Any(b => b.Slot?.Service == wanted.Candidate?.Service && b.Path == IstioDestinations.PathOf(rule.At, at)))
                return destination.DeepClone();
        }

        throw new MeshException(
            MeshFault.BackendMissing, $"{backends.What} has no destination {wanted.Candidate?.Service}, which is to get copies of "
                + "requests; add it there with weight 0");
    }

    private static bool IsSame(RouteScene scene, JsonNode? slot, JsonNode? mirror) =>
        IstioDestinations.FullHost(JsonRead.Text(slot?["host"]) ?? "", scene.Namespace) == IstioDestinations.FullHost(
            JsonRead.Text(mirror?["host"]) ?? "", scene.Namespace)
        && JsonRead.Text(slot?["subset"]) == JsonRead.Text(mirror?["subset"])
        && (slot?["port"]?["number"] is not { } port
            || mirror?["port"]?["number"] is not { } other
            || JsonRead.Whole(port) == JsonRead.Whole(other));

    /// <summary>Without a percentage everything is copied.</summary>
    private static Weights ShareOf(JsonObject mirror) =>
        mirror[Share] is null
            ? Weights.AllCandidate
            : Weights.OfCandidate((int)Math.Clamp(Math.Round((JsonRead.Number(mirror[Share]?["value"]) ?? 0) * 100), 0, Weights.Total));
}
