using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Mesh;

/// <summary>A target with the usual two slots, scenes of JSON, and patches applied as a server applies them.</summary>
internal static class MeshTools
{
    public static readonly Cohort Employees = new("employees", new RequestAttribute(AttributeSource.Header, "X-Employee"), "true");
    public static readonly Cohort Beta = new("beta", new RequestAttribute(AttributeSource.Cookie, "beta"), "yes.1");

    public static ClusterTarget Target(string dialect, string? rule = null, RouteMode mode = RouteMode.Patch) => new()
    {
        Namespace = "shop",
        Service = "checkout",
        Slots = [new Slot("checkout-stable", 80, "checkout", "v1", true), new Slot("checkout-canary", 80, "checkout-canary", "v2", true)],
        Route = new RouteReference(dialect, "checkout", rule),
        Mode = mode,
        Metrics = dialect,
    };

    public static WantedSplit Wanted(
        ClusterTarget target, int basisPoints, params (Cohort Cohort, int BasisPoints)[] cohorts) => WantedSplit.Of(
        target,
        [.. cohorts.Select(c => c.Cohort)],
        new ServiceRoute(
            Keys.Of("shop.checkout"), 1, "v1", "v2", "checkout-default-1",
            new Exposure(
                Weights.OfCandidate(basisPoints),
                [.. cohorts.Select(c => new CohortWeights(c.Cohort.Name, Weights.OfCandidate(c.BasisPoints)))])));

    /// <summary>Users are all on stable, and the candidate gets copies; 0 takes ours away.</summary>
    public static WantedSplit Shadowed(ClusterTarget target, int basisPoints) =>
        Wanted(target, 0) with { Shadow = Weights.OfCandidate(basisPoints) };

    public static RouteScene Scene(ClusterTarget target, params (MeshResource Of, string? Name, JsonObject[] Items)[] objects)
    {
        var scene = RouteScene.Empty(target, "shop.checkout");
        foreach (var (of, name, items) in objects) scene = scene.With(new MeshRead(of, name), new SceneObjects([.. items], of.Versions[0]));
        return scene;
    }

    public static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();

    /// <summary>RFC 6902, add, remove and test: what a server makes of it.</summary>
    public static JsonObject Apply(JsonObject live, JsonArray operations)
    {
        var result = live.DeepClone().AsObject();
        foreach (var operation in operations)
        {
            var parts = operation!["path"]!
                .GetValue<string>()
                .Split('/')
                .Skip(1)
                .Select(p => p.Replace("~1", "/").Replace("~0", "~"))
                .ToArray();
            JsonNode at = result;
            foreach (var part in parts[..^1]) at = (at is JsonArray list ? list[int.Parse(part)] : at[part])!;
            if (operation["op"]!.GetValue<string>() == "test")
                Assert.True(
                    JsonNode.DeepEquals(at is JsonArray array ? array[int.Parse(parts[^1])] : at[parts[^1]], operation["value"]),
                    $"test of {operation["path"]}");
            else if (operation["op"]!.GetValue<string>() == "remove" && at is JsonArray from) from.RemoveAt(int.Parse(parts[^1]));
            else if (operation["op"]!.GetValue<string>() == "remove") Assert.True(at.AsObject().Remove(parts[^1]));
            else if (at is JsonArray to) to.Insert(parts[^1] == "-" ? to.Count : int.Parse(parts[^1]), operation["value"]!.DeepClone());
            else at.AsObject()[parts[^1]] = operation["value"]!.DeepClone();
        }

        return result;
    }

    public static JsonObject Patched(JsonObject live, ImmutableArray<MeshEdit> edits) =>
        Apply(live, Assert.IsType<MeshEdit.Patch>(Assert.Single(edits)).Operations);

    /// <summary>The patch's paths that are not tests.</summary>
    public static string[] Written(ImmutableArray<MeshEdit> edits) =>
    [
        .. edits.OfType<MeshEdit.Patch>()
            .SelectMany(e => e.Operations)
            .Where(o => o!["op"]!.GetValue<string>() != "test")
            .Select(o => o!["path"]!.GetValue<string>()),
    ];

    public static MeshException Fails(MeshFault fault, Func<object?> what)
    {
        var thrown = Assert.Throws<MeshException>(() => { what(); });
        Assert.Equal(fault, thrown.Fault);
        return thrown;
    }
}
