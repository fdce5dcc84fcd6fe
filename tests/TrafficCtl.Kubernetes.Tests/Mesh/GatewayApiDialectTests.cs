using System.Text.Json.Nodes;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.GatewayApi;
using Xunit;
using static TrafficCtl.Kubernetes.Tests.Mesh.MeshTools;

namespace TrafficCtl.Kubernetes.Tests.Mesh;

public class GatewayApiDialectTests
{
    private const string Live =
        """
        { "metadata": { "name": "checkout", "namespace": "shop", "uid": "u1", "generation": 4 },
          "spec": { "parentRefs": [{ "name": "public" }], "hostnames": ["shop.example"], "rules": [
            { "matches": [{ "path": { "type": "PathPrefix", "value": "/checkout" } }], "timeouts": { "request": "5s" },
              "filters": [{ "type": "RequestMirror", "requestMirror": { "backendRef": { "name": "shadow", "port": 80 }, "percent": 10 } }],
              "backendRefs": [{ "group": "", "kind": "Service", "name": "checkout-stable", "port": 80, "weight": 1 },
                              { "name": "checkout-canary", "port": 80, "weight": 0, "filters": [{ "type": "ResponseHeaderModifier", "responseHeaderModifier": { "set": [{ "name": "x-tc-arm", "value": "candidate" }] } }] }] } ] } }
        """;

    private readonly GatewayApiDialect gateway = new();
    private readonly ClusterTarget target = Target("gateway-api");

    [Theory]
    [InlineData(0)]
    [InlineData(500)]
    [InlineData(1234)]
    [InlineData(10000)]
    public void Says_after_the_patch_what_was_wanted_and_leaves_the_mirror_and_every_filter(int basisPoints)
    {
        var live = Json(Live);
        var wanted = Wanted(target, basisPoints);
        var edits = gateway.Plan(Of(live), wanted);
        var after = edits.IsEmpty ? live : Patched(live, edits);
        Assert.True(gateway.Read(Of(after))!.Says(wanted.Shares));
        Assert.Empty(gateway.Plan(Of(after), wanted));
        foreach (var route in new[] { live, after })
            foreach (var backend in route["spec"]!["rules"]![0]!["backendRefs"]!.AsArray()) backend!.AsObject().Remove("weight");
        Assert.True(JsonNode.DeepEquals(live, after));
    }

    [Fact]
    public void A_lone_backend_with_weight_0_gets_nothing_and_no_weight_means_1()
    {
        var live = Json(Live);
        var backends = live["spec"]!["rules"]![0]!["backendRefs"]!.AsArray();
        backends[1]!.AsObject().Remove("weight");
        Assert.Equal("checkout-canary 50 %, checkout-stable 50 %", gateway.Read(Of(live))!.Rounded.ToString());
        backends.RemoveAt(1);
        backends[0]!["weight"] = 0;
        Assert.False(gateway.Read(Of(live))!.IsDefined);
        Assert.Equal(["/spec/rules/0/backendRefs/0/weight"], Written(gateway.Plan(Of(live), Wanted(target, 0))));
    }

    [Fact]
    public void Writes_both_arms_at_both_ends()
    {
        var live = Json(Live);
        var promoted = Patched(live, gateway.Plan(Of(live), Wanted(target, 10_000)));
        Assert.Equal([0, 100], promoted["spec"]!["rules"]![0]!["backendRefs"]!.AsArray().Select(b => b!["weight"]!.GetValue<int>()));
        var back = Patched(promoted, gateway.Plan(Of(promoted), Wanted(target, 0)));
        Assert.Equal([100, 0], back["spec"]!["rules"]![0]!["backendRefs"]!.AsArray().Select(b => b!["weight"]!.GetValue<int>()));
    }

    [Fact]
    public void A_cohort_is_a_second_route_with_one_header_more_and_no_write_to_the_first()
    {
        var wanted = Wanted(target, 0, (Employees, 10_000));
        var edit = Assert.IsType<MeshEdit.Apply>(Assert.Single(gateway.Plan(Of(Json(Live)), wanted)));
        Assert.Equal("checkout-tc-cohorts", edit.Name);
        var rule = edit.Whole["spec"]!["rules"]![0]!;
        Assert.Equal("/checkout", rule["matches"]![0]!["path"]!["value"]!.GetValue<string>());
        Assert.Equal("x-employee", rule["matches"]![0]!["headers"]![0]!["name"]!.GetValue<string>());
        Assert.Equal([0, 100], rule["backendRefs"]!.AsArray().Select(b => b!["weight"]!.GetValue<int>()));
        Assert.Equal("5s", rule["timeouts"]!["request"]!.GetValue<string>());
        Assert.Single(rule["filters"]!.AsArray());
        Assert.Equal("public", edit.Whole["spec"]!["parentRefs"]![0]!["name"]!.GetValue<string>());
        Assert.Empty(gateway.Plan(Of(Json(Live), edit.Whole), wanted));

        var removal = Assert.IsType<MeshEdit.Delete>(Assert.Single(gateway.Plan(Of(Json(Live), edit.Whole), Wanted(target, 0))));
        Assert.Equal("checkout-tc-cohorts", removal.Name);
    }

    /// <summary>
    /// Elsewhere a header rule is made of the first rule whatever is managed, and a step of everybody moves the cohort too.
    /// </summary>
    [Fact]
    public void A_cohort_is_of_the_managed_rule_wherever_it_stands_and_no_step_of_everybody_moves_it()
    {
        var (named, live) = (Target("gateway-api", "primary"), Json(Live));
        live["spec"]!["rules"]![0]!["name"] = "primary";
        live["spec"]!["rules"]!
            .AsArray()
            .Insert(0, Json(
                """{ "name": "admin", "matches": [{ "path": { "type": "Exact", "value": "/admin" } }], "backendRefs": [{ "name": "admin", "port": 80 }] }"""));
        var first = gateway.Plan(Of(live, null, named), Wanted(named, 500, (Employees, 10_000)));
        Assert.Equal(
            ["/spec/rules/1/backendRefs/0/weight", "/spec/rules/1/backendRefs/1/weight"],
            Written([.. first.Where(e => e is MeshEdit.Patch)]));
        var cohorts = Assert.IsType<MeshEdit.Apply>(first[1]).Whole;
        Assert.Equal(
            "/checkout", Assert.Single(cohorts["spec"]!["rules"]!.AsArray())!["matches"]![0]!["path"]!["value"]!.GetValue<string>());

        var after = Patched(live, [first[0]]);
        var step = gateway.Plan(Of(after, cohorts, named), Wanted(named, 2500, (Employees, 10_000)));
        Assert.IsType<MeshEdit.Patch>(Assert.Single(step));
        var back = gateway.Plan(Of(after, cohorts, named), Wanted(named, 500, (Employees, 0)));
        Assert.IsType<MeshEdit.Apply>(Assert.Single(back));
    }

    [Fact]
    public void A_cohort_gets_every_match_of_the_rule_and_refuses_a_header_that_is_there()
    {
        var live = Json(Live);
        live["spec"]!["rules"]![0]!["matches"] =
            JsonNode.Parse("""[{ "headers": [{ "type": "Exact", "name": "x-region", "value": "eu" }] }, { "method": "GET" }]""");
        var edit = Assert.IsType<MeshEdit.Apply>(Assert.Single(gateway.Plan(Of(live), Wanted(target, 0, (Employees, 10_000)))));
        Assert.Equal([2, 1], edit.Whole["spec"]!["rules"]![0]!["matches"]!.AsArray().Select(m => m!["headers"]!.AsArray().Count));
        live["spec"]!["rules"]![0]!["matches"]![0]!["headers"]![0]!["name"] = "X-Employee";
        Fails(MeshFault.Unsupported, () => gateway.Plan(Of(live), Wanted(target, 0, (Employees, 10_000))));
    }

    [Fact]
    public void Refuses_more_matches_than_the_API_admits()
    {
        var live = Json(Live);
        live["spec"]!["rules"]![0]!["matches"] =
            new JsonArray([.. Enumerable.Range(0, 64).Select(i => Json($$"""{ "path": { "type": "Exact", "value": "/{{i}}" } }"""))]);
        _ = gateway.Plan(Of(live), Wanted(target, 0, (Employees, 10_000), (Beta, 100)));
        var third = new Core.Cohorts.Cohort(
            "third", new Core.Cohorts.RequestAttribute(Core.Cohorts.AttributeSource.Header, "x-third"), "1");
        Assert.Contains(
            "128",
            Fails(MeshFault.Unsupported, () =>
                gateway.Plan(Of(live), Wanted(target, 0, (Employees, 10_000), (Beta, 100), (third, 100)))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Splits_by_bucket_in_the_second_route_with_an_anchored_pattern()
    {
        var bucketed = target with { IsSplitByBucket = true };
        var wanted = Wanted(bucketed, 2500);
        var edit = Assert.IsType<MeshEdit.Apply>(Assert.Single(gateway.Plan(Of(Json(Live), null, bucketed), wanted)));
        Assert.Equal(
            "^(?:[0-1][0-9]|2[0-4])$", edit.Whole["spec"]!["rules"]![0]!["matches"]![0]!["headers"]![0]!["value"]!.GetValue<string>());
        var after = Of(Json(Live), edit.Whole, bucketed);
        Assert.True(gateway.Read(after)!.Says(wanted.Shares));
        Assert.Empty(gateway.Plan(after, wanted));
    }

    [Fact]
    public void Is_confirmed_when_every_parent_accepts_the_generation_that_is_live()
    {
        var live = Json(Live);
        Assert.Contains("Gateway public", gateway.Assent(Of(live)).Why, StringComparison.Ordinal);
        live["status"] = Status(3, "True", "True");
        Assert.Contains("generation 3, and 4 is live", gateway.Assent(Of(live)).Why, StringComparison.Ordinal);
        live["status"] = Status(4, "True", "False");
        Assert.Contains("ResolvedRefs=False (BackendNotFound): no such Service", gateway.Assent(Of(live)).Why, StringComparison.Ordinal);
        live["status"] = Status(4, "True", "True");
        Assert.True(gateway.Assent(Of(live)).IsGiven);
        live["status"]!["parents"]![0]!["conditions"]!.AsArray().Add(
            Json("""{ "type": "Programmed", "status": "False", "reason": "Pending", "message": "not yet", "observedGeneration": 4 }"""));
        Assert.Contains("Programmed=False", gateway.Assent(Of(live)).Why, StringComparison.Ordinal);
        live["status"] = Status(4, "True", "True");
        live["spec"]!["parentRefs"]!.AsArray().Add(Json("""{ "name": "internal" }"""));
        Assert.Contains("Gateway internal", gateway.Assent(Of(live)).Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_GRPCRoute_of_that_name_is_taken_where_there_is_no_HTTPRoute()
    {
        var live = Json(Live);
        live["spec"]!["rules"]![0]!["matches"] = JsonNode.Parse("""[{ "method": { "service": "shop.Checkout" } }]""");
        var scene = Scene(target, (GatewayApiDialect.HttpRoute, "checkout", []));
        Assert.Contains(new MeshRead(GatewayApiDialect.GrpcRoute, "checkout", true), gateway.Needs(scene));
        scene = scene.With(new MeshRead(GatewayApiDialect.GrpcRoute, "checkout", true), new SceneObjects([live], "v1"));
        var edit = Assert.IsType<MeshEdit.Patch>(Assert.Single(gateway.Plan(scene, Wanted(target, 500))));
        Assert.Equal(GatewayApiDialect.GrpcRoute, edit.Of);
        var cohort = Assert.IsType<MeshEdit.Apply>(gateway.Plan(scene, Wanted(target, 500, (Employees, 10_000)))[1]);
        Assert.Equal("GRPCRoute", cohort.Whole["kind"]!.GetValue<string>());
    }

    [Fact]
    public void Warns_that_Linkerd_obeys_a_ServiceProfile_and_not_the_route()
    {
        var live = Json(Live);
        live["spec"]!["parentRefs"] = JsonNode.Parse("""[{ "group": "", "kind": "Service", "name": "checkout" }]""");
        var profile = new MeshRead(GatewayApiDialect.ServiceProfile, "checkout.shop.svc.cluster.local", true);
        Assert.Contains(profile, gateway.Needs(Of(live)));
        Assert.Empty(gateway.Warnings(Of(live)));
        Assert.Contains(
            "the weights have no effect",
            Assert.Single(gateway.Warnings(Of(live).With(profile, new SceneObjects([Json("{}")], "v1alpha2")))), StringComparison.Ordinal);
        Assert.DoesNotContain(profile, gateway.Needs(Of(Json(Live))));
    }

    [Fact]
    public void Warns_of_sessions_that_stay_whatever_the_weights_say()
    {
        var live = Json(Live);
        live["spec"]!["rules"]![0]!["sessionPersistence"] = Json("""{ "sessionName": "s" }""");
        Assert.Contains("also at 0", Assert.Single(gateway.Warnings(Of(live))), StringComparison.Ordinal);
    }

    [Fact]
    public void Owns_a_route_below_the_Service_that_clients_address()
    {
        var owned = Target("gateway-api", null, RouteMode.Owned);
        var scene = Scene(owned, (GatewayApiDialect.HttpRoute, "checkout", []));
        var whole = Assert.IsType<MeshEdit.Apply>(Assert.Single(gateway.Plan(scene, Wanted(owned, 500)))).Whole;
        Assert.Equal("checkout", whole["spec"]!["parentRefs"]![0]!["name"]!.GetValue<string>());
        Assert.Equal([95, 5], whole["spec"]!["rules"]![0]!["backendRefs"]!.AsArray().Select(b => b!["weight"]!.GetValue<int>()));
    }

    [Fact]
    public void A_backend_of_another_kind_namespace_or_port_is_no_slot()
    {
        foreach (var change in new[] { """{ "kind": "ServiceImport" }""", """{ "namespace": "other" }""", """{ "port": 81 }""" })
        {
            var live = Json(Live);
            foreach (var (key, value) in Json(change)) live["spec"]!["rules"]![0]!["backendRefs"]![0]![key] = value!.DeepClone();
            Fails(MeshFault.ThirdDestination, () => gateway.Read(Of(live)));
        }
    }

    private RouteScene Of(JsonObject live, JsonObject? cohorts = null, ClusterTarget? of = null) => Scene(
        of ?? target,
        (GatewayApiDialect.HttpRoute, "checkout", [live]),
        (GatewayApiDialect.HttpRoute, "checkout-tc-cohorts", cohorts is null ? [] : [cohorts]));

    private static JsonNode Status(int generation, string accepted, string resolved) => JsonNode.Parse(
        $$"""
        { "parents": [{ "parentRef": { "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "public" }, "controllerName": "x/y", "conditions": [
          { "type": "Accepted", "status": "{{accepted}}", "reason": "Accepted", "message": "", "observedGeneration": {{generation}} },
          { "type": "ResolvedRefs", "status": "{{resolved}}", "reason": "BackendNotFound", "message": "no such Service", "observedGeneration": {{generation}} }] }] }
        """)!;
}
