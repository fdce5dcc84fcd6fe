using System.Text.Json.Nodes;
using FsCheck.Fluent;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.GatewayApi;
using TrafficCtl.Kubernetes.Mesh.Istio;
using TrafficCtl.Kubernetes.Mesh.Smi;
using TrafficCtl.Kubernetes.Mesh.Traefik;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Kubernetes.Tests.Mesh.MeshTools;

namespace TrafficCtl.Kubernetes.Tests.Mesh;

/// <summary>
/// Whatever else is in an object of somebody else, and wherever the rule stands in it: after the patch it says what was wanted, and nothing
/// else changed.
/// </summary>
public class ForeignJsonTests
{
    [Fact]
    public void A_patch_of_Istio_changes_two_weights_and_nothing_else() => Holds(
        new IstioDialect(), IstioDialect.VirtualService, "/spec/http/{0}/route",
        """{ "destination": { "host": "checkout-stable" }, "weight": 1 }""",
        """{ "destination": { "host": "checkout-canary.shop.svc" }, "weight": 0 }""", "http", "route");

    [Fact]
    public void A_patch_of_the_Gateway_API_changes_two_weights_and_nothing_else() => Holds(
        new GatewayApiDialect(), GatewayApiDialect.HttpRoute, "/spec/rules/{0}/backendRefs",
        """{ "name": "checkout-stable", "port": 80, "weight": 1 }""", """{ "name": "checkout-canary", "port": 80, "weight": 0 }""", "rules",
        "backendRefs");

    [Fact]
    public void A_patch_of_SMI_changes_two_weights_and_nothing_else() => Holds(
        new SmiDialect(), SmiDialect.TrafficSplit, "/spec/backends", """{ "service": "checkout-stable", "weight": 1 }""",
        """{ "service": "checkout-canary", "weight": 0 }""", null, "backends");

    [Fact]
    public void A_patch_of_Traefik_changes_two_weights_and_nothing_else() => Holds(
        new TraefikDialect(), TraefikDialect.TraefikService, "/spec/weighted/services", """{ "name": "checkout-stable", "weight": 1 }""",
        """{ "name": "checkout-canary", "weight": 0 }""", null, "services");

    private static void Holds(
        IMeshDialect dialect, MeshResource of, string path, string stable, string candidate, string? rules, string backends)
    {
        var foreign = Gen.Elements<string>(
            """{ "a/b": { "~x": [1, 2.50, "ü"] } }""", "[]", "null", "\"text\"", "1e3", "true", """[{ "deep": { "er": null } }]""");
        var key = Gen.Elements("zFoo", "retries", "a~b", "c/d", "timeout", "日本");
        var scenes =
            from fields in Gen.ListOf(Gen.Zip(key, foreign))
            from at in Gen.Choose(0, 3)
            from isSwapped in Gen.Elements(true, false)
            from weight in Gen.Choose(0, 10_000)
            select (fields.ToArray(), at, isSwapped, weight);
        Prop.ForAll(scenes.ToArbitrary(), scene =>
        {
            var (fields, at, isSwapped, weight) = scene;
            if (rules is null) at = 0;
            var (first, second) = (With(Json(stable), fields), With(Json(candidate), fields));
            var list = isSwapped ? new JsonArray(second, first) : new JsonArray(first, second);
            var live = Live(list, fields, at, rules, backends);
            var target = Target(dialect.Name, rules is null ? null : "primary");
            var wanted = Wanted(target, weight);
            var edits = dialect.Plan(Scene(target, (of, "checkout", [live])), wanted);
            var after = edits.IsEmpty ? live : Patched(live, edits);
            Assert.True(dialect.Read(Scene(target, (of, "checkout", [after])))!.Says(wanted.Shares));
            Assert.Empty(dialect.Plan(Scene(target, (of, "checkout", [after])), wanted));
            if (!edits.IsEmpty)
                Assert.Equal([$"{string.Format(path, at)}/0/weight", $"{string.Format(path, at)}/1/weight"], Written(edits));
            if (dialect.CanMirror) ComesAndGoes(dialect, of, target, after, weight);
            foreach (var route in new[] { live, after })
                for (var i = 0; i < 2; i++) At(route, string.Format(path, at)).AsArray()[i]!.AsObject().Remove("weight");
            Assert.True(JsonNode.DeepEquals(live, after));
        }).Holds();
    }

    /// <summary>A shadow beside whatever weights stand there: then the object is as it was, to the last member.</summary>
    private static void ComesAndGoes(IMeshDialect dialect, MeshResource of, ClusterTarget target, JsonObject live, int weight)
    {
        var plain = Wanted(target, weight);
        var shadow = plain with { Shadow = Core.Routing.Weights.OfCandidate(Math.Max(1, weight)) };
        var shadowed = Patched(live, dialect.Plan(Of(live), shadow));
        Assert.True(dialect.Read(Of(shadowed))!.Says(shadow.Shares));
        Assert.Empty(dialect.Plan(Of(shadowed), shadow));
        Assert.True(JsonNode.DeepEquals(
            live, Patched(shadowed, dialect.Plan(Of(shadowed), plain with { Shadow = Core.Routing.Weights.AllStable }))));

        RouteScene Of(JsonObject seen) => Scene(target, (of, "checkout", [seen]));
    }

    private static JsonObject Live(JsonArray list, (string, string)[] fields, int at, string? rules, string backends)
    {
        var spec = new JsonObject();
        if (rules is null) (backends == "services" ? spec["weighted"] = new JsonObject() : spec).AsObject()[backends] = list;
        else
        {
            var all = new JsonArray();
            for (var i = 0; i < at; i++) all.Add(With(Json($$"""{ "name": "other-{{i}}", "{{backends}}": [] }"""), fields));
            all.Add(With(new JsonObject { ["name"] = "primary", [backends] = list }, fields));
            all.Add(With(Json("""{ "name": "last" }"""), fields));
            spec[rules] = all;
        }

        var live = With(
            new JsonObject { ["metadata"] = With(Json("""{ "name": "checkout", "uid": "u", "generation": 3 }"""), fields) }, fields);
        live["spec"] = With(spec, fields);
        return live;
    }

    private static JsonObject With(JsonObject to, (string Key, string Value)[] fields)
    {
        foreach (var (key, value) in fields) to[key] = JsonNode.Parse(value);
        return to;
    }

    private static JsonNode At(JsonNode root, string path) =>
        path.Split('/').Skip(1).Aggregate(root, (node, part) => (node is JsonArray list ? list[int.Parse(part)] : node[part])!);
}
