using System.Text.Json.Nodes;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Dialects;
using TrafficCtl.Kubernetes.Mesh.GatewayApi;
using TrafficCtl.Kubernetes.Mesh.Istio;
using Xunit;
using static TrafficCtl.Kubernetes.Tests.Mesh.MeshTools;

namespace TrafficCtl.Kubernetes.Tests.Mesh;

public class ShadowDialectTests
{
    private const string VirtualService =
        """
        { "metadata": { "name": "checkout", "namespace": "shop", "uid": "u1", "generation": 17 },
          "spec": { "hosts": ["checkout"], "http": [{ "name": "primary", "retries": { "attempts": 3 },
            "route": [{ "destination": { "host": "checkout-stable" }, "weight": 100 },
                      { "destination": { "host": "checkout-canary.shop.svc.cluster.local", "port": { "number": 80 } }, "weight": 0, "headers": { "request": { "set": { "x": "y" } } } }] }] } }
        """;

    private const string Route =
        """
        { "metadata": { "name": "checkout", "namespace": "shop", "uid": "u1", "generation": 4 },
          "spec": { "parentRefs": [{ "name": "public" }], "rules": [{
            "backendRefs": [{ "name": "checkout-stable", "port": 80, "weight": 1 },
                            { "group": "", "kind": "Service", "name": "checkout-canary", "port": 80, "weight": 0, "filters": [{ "type": "URLRewrite" }] }] }] } }
        """;

    private const string Audit = """{ "destination": { "host": "audit" }, "percentage": { "value": 100.0 }, "zNew": 1 }""";
    private const string Filters =
        """
        [{ "type": "RequestMirror", "requestMirror": { "backendRef": { "name": "audit", "port": 80 } } }, { "type": "CORS", "cors": { "maxAge": 5 } }]
        """;

    /// <summary>What each mesh says of a share, of a route without other mirrors and with.</summary>
    public static TheoryData<string, bool, int, string> Shares() => new()
    {
        { "istio", false, 1000, """{"destination":{"host":"checkout-canary.shop.svc.cluster.local","port":{"number":80}},"percentage":{"value":10}}""" },
        { "istio", true, 25, """{"destination":{"host":"checkout-canary.shop.svc.cluster.local","port":{"number":80}},"percentage":{"value":0.25}}""" },
        { "gateway-api", false, 1000, """{"type":"RequestMirror","requestMirror":{"backendRef":{"group":"","kind":"Service","name":"checkout-canary","port":80},"percent":10}}""" },
        { "gateway-api", true, 25, """{"type":"RequestMirror","requestMirror":{"backendRef":{"group":"","kind":"Service","name":"checkout-canary","port":80},"fraction":{"numerator":25,"denominator":10000}}}""" },
    };

    [Theory]
    [MemberData(nameof(Shares))]
    public void A_shadow_is_one_entry_more_that_changes_with_its_share_and_goes_without_a_trace(
        string mesh, bool hasOthers, int share, string entry)
    {
        var (dialect, of, target) = Of(mesh);
        var live = Live(mesh, hasOthers);
        Assert.Equal(0, dialect.Read(Seen(live))!.Shadow.Candidate);
        Assert.Empty(dialect.Plan(Seen(live), Wanted(target, 0)));

        var shadowed = Patched(live, dialect.Plan(Seen(live), Shadowed(target, share)));
        var list = List(mesh, shadowed);
        Assert.Equal(hasOthers ? (mesh == "istio" ? 2 : 3) : 1, list.Count);
        Assert.Equal(entry, list[^1]!.ToJsonString());
        Assert.True(dialect.Read(Seen(shadowed))!.Says(Shadowed(target, share).Shares));
        Assert.Empty(dialect.Plan(Seen(shadowed), Shadowed(target, share)));

        var more = Patched(shadowed, dialect.Plan(Seen(shadowed), Shadowed(target, 5000)));
        Assert.True(dialect.Read(Seen(more))!.Says(Shadowed(target, 5000).Shares));
        foreach (var next in new[] { 0, 500 })
        {
            var after = Patched(more, dialect.Plan(Seen(more), Wanted(target, next) with { Shadow = Weights.AllStable }));
            Assert.True(dialect.Read(Seen(after))!.Says(Wanted(target, next).Shares));
            Assert.True(
                JsonNode.DeepEquals(next == 0 ? live : Patched(live, dialect.Plan(Seen(live), Wanted(target, next))), after),
                after.ToJsonString());
        }

        RouteScene Seen(JsonObject o) => Scene(target, (of, "checkout", [o]));
    }

    [Theory]
    [InlineData("istio")]
    [InlineData("gateway-api")]
    public void A_mirror_to_a_slot_is_left_alone_where_no_shadow_is_the_controllers(string mesh)
    {
        var (dialect, of, target) = Of(mesh);
        var live = Live(mesh, hasOthers: false);
        var scene = Scene(
            target, (of, "checkout", [Patched(live, dialect.Plan(Scene(target, (of, "checkout", [live])), Shadowed(target, 1000)))]));
        Assert.Empty(dialect.Plan(scene, Wanted(target, 0)));
        Assert.DoesNotContain(
            Written(dialect.Plan(scene, Wanted(target, 500))),
            p => p.Contains("irror", StringComparison.Ordinal) || p.Contains("filters", StringComparison.Ordinal));
    }

    [Fact]
    public void A_mirror_of_Istio_is_told_by_host_subset_and_port_and_one_without_a_percentage_copies_all()
    {
        var (istio, of, target) = Of("istio");
        Assert.Equal(10_000, Read("""{ "host": "checkout-canary" }""", ""));
        Assert.Equal(300, Read("""{ "host": "checkout-stable", "port": { "number": 80 } }""", """, "percentage": { "value": 3 }"""));
        Assert.Equal(0, Read("""{ "host": "checkout-canary", "port": { "number": 9090 } }""", ""));
        Assert.Equal(0, Read("""{ "host": "checkout-canary", "subset": "v9" }""", ""));
        Assert.Equal(0, Read("""{ "host": "checkout-canary.other.svc.cluster.local" }""", ""));

        int Read(string destination, string percentage)
        {
            var live = Json(VirtualService);
            live["spec"]!["http"]![0]!["mirrors"] = new JsonArray(Json($$"""{ "destination": {{destination}}{{percentage}} }"""));
            return istio.Read(Scene(target, (of, "checkout", [live])))!.Shadow.Candidate;
        }
    }

    [Fact]
    public void The_older_mirror_of_Istio_is_refused_beside_a_shadow_and_only_then()
    {
        var (istio, of, target) = Of("istio");
        var live = Json(VirtualService);
        live["spec"]!["http"]![0]!["mirror"] = Json("""{ "host": "audit" }""");
        var scene = Scene(target, (of, "checkout", [live]));
        Assert.NotEmpty(istio.Plan(scene, Wanted(target, 500)));
        Assert.Contains(
            "either that or mirrors", Fails(MeshFault.Unsupported, () => istio.Plan(scene, Shadowed(target, 1000))).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("istio", "no destination checkout-canary")]
    [InlineData("gateway-api", "no backendRef checkout-canary")]
    public void Without_the_candidate_among_the_destinations_nothing_is_copied_to_it(string mesh, string words)
    {
        var (dialect, of, target) = Of(mesh);
        var live = Live(mesh, hasOthers: false);
        (mesh == "istio" ? live["spec"]!["http"]![0]!["route"]! : live["spec"]!["rules"]![0]!["backendRefs"]!).AsArray().RemoveAt(1);
        Assert.Contains(
            words,
            Fails(MeshFault.BackendMissing, () => dialect.Plan(Scene(target, (of, "checkout", [live])), Shadowed(target, 1000))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Linkerd_is_known_by_its_status_or_its_metrics_and_refused()
    {
        var (gateway, of, target) = Of("gateway-api");
        Refused(Json(Route), target with { Metrics = "linkerd" });
        var told = Json(Route);
        told["status"] = JsonNode.Parse("""{ "parents": [{ "controllerName": "linkerd.io/policy-controller" }] }""");
        Refused(told, target);

        void Refused(JsonObject live, ClusterTarget by) => Assert.Contains(
            "Linkerd", Fails(MeshFault.Unsupported, () => gateway.Plan(Scene(by, (of, "checkout", [live])), Shadowed(by, 1000))).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("istio")]
    [InlineData("gateway-api")]
    public void An_object_of_our_own_has_the_mirror_in_its_last_rule_and_loses_it_again(string mesh)
    {
        var (dialect, of, _) = Of(mesh);
        var owned = Target(mesh, null, RouteMode.Owned);
        var scene = Scene(owned, (of, "checkout", []));
        var whole = Assert.IsType<MeshEdit.Apply>(Assert.Single(dialect.Plan(scene, Shadowed(owned, 1000)))).Whole;
        var after = Scene(owned, (of, "checkout", [whole]));
        Assert.True(dialect.Read(after)!.Says(Shadowed(owned, 1000).Shares));
        Assert.Empty(dialect.Plan(after, Shadowed(owned, 1000)));

        var without =
            Assert.IsType<MeshEdit.Apply>(Assert.Single(dialect.Plan(after, Wanted(owned, 0) with { Shadow = Weights.AllStable }))).Whole;
        Assert.DoesNotContain("irror", without.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_second_route_of_cohorts_repeats_the_filters_without_our_mirror()
    {
        var (gateway, of, target) = Of("gateway-api");
        var live = Live("gateway-api", hasOthers: true);
        var shadowed = Patched(live, gateway.Plan(Scene(target, (of, "checkout", [live])), Shadowed(target, 1000)));
        var edits = gateway.Plan(
            Scene(target, (of, "checkout", [shadowed])), Wanted(target, 0, (Employees, 10_000)) with { Shadow = Weights.AllStable });
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse(Filters), Assert.Single(edits.OfType<MeshEdit.Apply>()).Whole["spec"]!["rules"]![0]!["filters"]));
        Assert.Single(edits.OfType<MeshEdit.Patch>());
    }

    [Fact]
    public void Only_Istio_and_the_Gateway_API_send_copies() => Assert.Equal("istio and gateway-api", DialectList.Mirroring);

    private static (IMeshDialect Dialect, MeshResource Of, ClusterTarget Target) Of(string mesh) => mesh == "istio"
        ? (new IstioDialect(), IstioDialect.VirtualService, Target(mesh, "primary"))
        : (new GatewayApiDialect(), GatewayApiDialect.HttpRoute, Target(mesh));

    private static JsonObject Live(string mesh, bool hasOthers)
    {
        var live = Json(mesh == "istio" ? VirtualService : Route);
        if (!hasOthers) return live;
        if (mesh == "istio") live["spec"]!["http"]![0]!["mirrors"] = new JsonArray(Json(Audit));
        else live["spec"]!["rules"]![0]!["filters"] = JsonNode.Parse(Filters);
        return live;
    }

    private static JsonArray List(string mesh, JsonObject live) =>
        (mesh == "istio" ? live["spec"]!["http"]![0]!["mirrors"]! : live["spec"]!["rules"]![0]!["filters"]!).AsArray();
}
