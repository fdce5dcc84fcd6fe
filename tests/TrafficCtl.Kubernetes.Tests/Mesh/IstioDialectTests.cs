using System.Text.Json.Nodes;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Istio;
using Xunit;
using static TrafficCtl.Kubernetes.Tests.Mesh.MeshTools;

namespace TrafficCtl.Kubernetes.Tests.Mesh;

public class IstioDialectTests
{
    private const string Live =
        """
        { "apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
          "metadata": { "name": "checkout", "namespace": "shop", "uid": "u1", "generation": 17, "resourceVersion": "99", "annotations": { "a.b/c": "foreign" } },
          "spec": { "hosts": ["checkout"], "http": [
            { "name": "admin", "match": [{ "uri": { "prefix": "/admin" } }], "route": [{ "destination": { "host": "admin" } }] },
            { "name": "primary-employees", "match": [{ "headers": { "x-employee": { "exact": "true" } } }],
              "route": [{ "destination": { "host": "checkout-stable" }, "weight": 100 }, { "destination": { "host": "checkout-canary" }, "weight": 0 }] },
            { "name": "primary", "retries": { "attempts": 3 }, "unknownField": { "kept": true },
              "route": [
                { "destination": { "host": "checkout-stable.shop.svc.cluster.local", "port": { "number": 80 } }, "weight": 100, "headers": { "request": { "set": { "x": "y" } } } },
                { "destination": { "host": "checkout-canary" }, "weight": 0 }] } ] } }
        """;

    private readonly IstioDialect istio = new();
    private readonly ClusterTarget target = Target("istio", "primary");

    [Fact]
    public void Patches_the_weights_of_the_named_rule_and_tests_that_it_is_still_the_one()
    {
        var edits = istio.Plan(Of(Json(Live)), Wanted(target, 1000));
        Assert.Equal(["/spec/http/2/route/0/weight", "/spec/http/2/route/1/weight"], Written(edits));
        var tests = Assert.IsType<MeshEdit.Patch>(Assert.Single(edits)).Operations
            .Where(o => o!["op"]!.GetValue<string>() == "test")
            .Select(o => $"{o!["path"]}={o["value"]}");
        Assert.Equal(
            [
                "/metadata/uid=u1", "/metadata/generation=17", "/spec/http/2/name=primary",
                "/spec/http/2/route/0/destination/host=checkout-stable.shop.svc.cluster.local",
                "/spec/http/2/route/0/destination/port/number=80",
                "/spec/http/2/route/1/destination/host=checkout-canary",
            ],
            tests);
        var after = Patched(Json(Live), edits);
        Assert.Equal(90, after["spec"]!["http"]![2]!["route"]![0]!["weight"]!.GetValue<int>());
        Assert.Equal(10, after["spec"]!["http"]![2]!["route"]![1]!["weight"]!.GetValue<int>());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(3333)]
    [InlineData(9999)]
    [InlineData(10000)]
    public void Says_after_the_patch_what_was_wanted_and_nothing_more_is_to_be_written(int basisPoints)
    {
        var wanted = Wanted(target, basisPoints);
        var live = Json(Live);
        var edits = istio.Plan(Of(live), wanted);
        var after = edits.IsEmpty ? live : Patched(live, edits);
        Assert.True(istio.Read(Of(after))!.Says(wanted.Shares));
        Assert.Empty(istio.Plan(Of(after), wanted));
        var weights = after["spec"]!["http"]![2]!["route"]!.AsArray().Select(r => r!["weight"]!.GetValue<int>()).ToArray();
        Assert.Equal(basisPoints % 100 == 0 ? 100 : 10_000, weights.Sum());
    }

    [Fact]
    public void Writes_nothing_where_the_same_split_stands_in_another_scale()
    {
        var live = Json(Live);
        live["spec"]!["http"]![2]!["route"]![0]!["weight"] = 9;
        live["spec"]!["http"]![2]!["route"]![1]!["weight"] = 1;
        Assert.Empty(istio.Plan(Of(live), Wanted(target, 1000)));
    }

    [Fact]
    public void Leaves_retries_and_fields_it_does_not_know()
    {
        var live = Json(Live);
        var after = Patched(live, istio.Plan(Of(live), Wanted(target, 500)));
        foreach (var route in after["spec"]!["http"]![2]!["route"]!.AsArray()) route!.AsObject().Remove("weight");
        foreach (var route in live["spec"]!["http"]![2]!["route"]!.AsArray()) route!.AsObject().Remove("weight");
        Assert.True(JsonNode.DeepEquals(live, after));
    }

    [Fact]
    public void A_lone_destination_takes_everything_even_with_weight_0()
    {
        var live = Json(Live);
        live["spec"]!["http"]![2]!["route"]!.AsArray().RemoveAt(1);
        live["spec"]!["http"]![2]!["route"]![0]!["weight"] = 0;
        Assert.Equal("checkout-stable 100 %", istio.Read(Of(live))!.Rounded.ToString());
        Assert.Empty(istio.Plan(Of(live), Wanted(target, 0)));
        var fault = Fails(MeshFault.BackendMissing, () => istio.Plan(Of(live), Wanted(target, 500)));
        Assert.Contains("no destination checkout-canary", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Adds_weights_that_are_absent()
    {
        var live = Json(Live);
        foreach (var route in live["spec"]!["http"]![2]!["route"]!.AsArray()) route!.AsObject().Remove("weight");
        Assert.False(istio.Read(Of(live))!.IsDefined);
        var wanted = Wanted(target, 2500);
        Assert.True(istio.Read(Of(Patched(live, istio.Plan(Of(live), wanted))))!.Says(wanted.Shares));
    }

    [Fact]
    public void Both_weights_0_is_no_split_and_is_written_over()
    {
        var live = Json(Live);
        live["spec"]!["http"]![2]!["route"]![0]!["weight"] = 0;
        Assert.False(istio.Read(Of(live))!.IsDefined);
        Assert.True(istio.Read(Of(Patched(live, istio.Plan(Of(live), Wanted(target, 0)))))!.Says(Wanted(target, 0).Shares));
    }

    [Fact]
    public void Refuses_to_choose_among_unnamed_rules()
    {
        var live = Json(Live);
        foreach (var rule in live["spec"]!["http"]!.AsArray()) rule!.AsObject().Remove("name");
        var fault = Fails(
            MeshFault.UnnamedRule, () => istio.Read(Scene(Target("istio"), (IstioDialect.VirtualService, "checkout", [live]))));
        Assert.Contains("istio/checkout#NAME", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Takes_the_only_rule_without_a_name()
    {
        var live = Json(Live);
        while (live["spec"]!["http"]!.AsArray().Count > 1) live["spec"]!["http"]!.AsArray().RemoveAt(0);
        live["spec"]!["http"]![0]!.AsObject().Remove("name");
        var only = Target("istio");
        Assert.Equal(
            ["/spec/http/0/route/0/weight", "/spec/http/0/route/1/weight"],
            Written(istio.Plan(Scene(only, (IstioDialect.VirtualService, "checkout", [live])), Wanted(only, 100))));
    }

    [Fact]
    public void Tells_a_renamed_rule_and_a_name_that_is_there_twice()
    {
        var live = Json(Live);
        live["spec"]!["http"]![2]!["name"] = "renamed";
        Assert.True(Fails(MeshFault.RuleMissing, () => istio.Read(Of(live))).IsStructural);
        live["spec"]!["http"]![0]!["name"] = "primary";
        live["spec"]!["http"]![2]!["name"] = "primary";
        Fails(MeshFault.RuleMissing, () => istio.Read(Of(live)));
    }

    [Fact]
    public void Leaves_a_third_destination_untouched_and_refuses_one_that_takes_traffic()
    {
        var live = Json(Live);
        live["spec"]!["http"]![2]!["route"]!.AsArray().Add(Json("""{ "destination": { "host": "legacy" }, "weight": 0 }"""));
        Assert.Equal(["/spec/http/2/route/0/weight", "/spec/http/2/route/1/weight"], Written(istio.Plan(Of(live), Wanted(target, 1000))));
        live["spec"]!["http"]![2]!["route"]![2]!["weight"] = 5;
        Assert.Contains("legacy", Fails(MeshFault.ThirdDestination, () => istio.Read(Of(live))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_one_slot_as_two_destinations()
    {
        var live = Json(Live);
        live["spec"]!["http"]![2]!["route"]!.AsArray().Add(Json("""{ "destination": { "host": "checkout-canary.shop" }, "weight": 0 }"""));
        Fails(MeshFault.Invalid, () => istio.Read(Of(live)));
    }

    [Fact]
    public void Finds_slots_behind_subsets_by_what_their_Services_select()
    {
        var live = Json(Live);
        live["spec"]!["http"]![2]!["route"] = JsonNode.Parse(
            """[{ "destination": { "host": "checkout", "subset": "one" }, "weight": 100 }, { "destination": { "host": "checkout", "subset": "two" } }]""");
        var rule = Json(
            """{ "spec": { "host": "checkout.shop.svc.cluster.local", "subsets": [{ "name": "one", "labels": { "track": "a" } }, { "name": "two", "labels": { "track": "b" } }] } }""");
        var scene = Scene(
            target,
            (IstioDialect.VirtualService, "checkout", [live]),
            (IstioDialect.DestinationRule, null, [rule]),
            (MeshResources.Service, "checkout-stable", [Json("""{ "spec": { "selector": { "app": "checkout", "track": "a" } } }""")]),
            (MeshResources.Service, "checkout-canary", [Json("""{ "spec": { "selector": { "app": "checkout", "track": "b" } } }""")]));
        Assert.Equal(4, istio.Needs(scene).Length);
        var after = Patched(live, istio.Plan(scene, Wanted(target, 2000)));
        Assert.Equal([80, 20], after["spec"]!["http"]![2]!["route"]!.AsArray().Select(r => r!["weight"]!.GetValue<int>()));
        rule["spec"]!["subsets"]!.AsArray().RemoveAt(1);
        Assert.Contains("no DestinationRule", Fails(MeshFault.Invalid, () => istio.Read(scene)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gives_a_cohort_weights_in_the_rule_that_bears_its_name()
    {
        var wanted = Wanted(target, 1000, (Employees, 10_000));
        var live = Json(Live);
        var after = Patched(live, istio.Plan(Of(live), wanted));
        Assert.Equal([0, 100], after["spec"]!["http"]![1]!["route"]!.AsArray().Select(r => r!["weight"]!.GetValue<int>()));
        Assert.Equal([90, 10], after["spec"]!["http"]![2]!["route"]!.AsArray().Select(r => r!["weight"]!.GetValue<int>()));
        Assert.Empty(istio.Plan(Of(after), wanted));
        Assert.Contains(
            "primary-beta", Fails(MeshFault.Unsupported, () => istio.Plan(Of(live), Wanted(target, 1000, (Beta, 5000)))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Tells_a_cohort_rule_behind_the_rule_that_takes_its_requests()
    {
        var live = Json(Live);
        var rules = live["spec"]!["http"]!.AsArray();
        var cohort = rules[1]!;
        rules.RemoveAt(1);
        rules.Add(cohort);
        Assert.Contains(
            "move it before", Fails(MeshFault.Invalid, () => istio.Plan(Of(live), Wanted(target, 1000, (Employees, 10_000)))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Owns_a_delegate_without_hosts_with_cohorts_before_everybody()
    {
        var owned = Target("istio", null, RouteMode.Owned);
        var scene = Scene(owned, (IstioDialect.VirtualService, "checkout", []));
        Assert.Null(istio.Read(scene));
        var wanted = Wanted(owned, 500, (Employees, 10_000), (Beta, 2500));
        var whole = Assert.IsType<MeshEdit.Apply>(Assert.Single(istio.Plan(scene, wanted))).Whole;
        Assert.Null(whole["spec"]!["hosts"]);
        Assert.Equal(["employees", "beta", "everybody"], whole["spec"]!["http"]!.AsArray().Select(r => r!["name"]!.GetValue<string>()));
        Assert.Equal(
            @"^(?:.*;\s*)?beta=yes\.1(?:;.*)?$",
            whole["spec"]!["http"]![1]!["match"]![0]!["headers"]!["cookie"]!["regex"]!.GetValue<string>());
        Assert.Equal("true", whole["spec"]!["http"]![0]!["match"]![0]!["headers"]!["x-employee"]!["exact"]!.GetValue<string>());
        var again = Scene(owned, (IstioDialect.VirtualService, "checkout", [whole]));
        Assert.True(istio.Read(again)!.Says(wanted.Shares));
        Assert.Empty(istio.Plan(again, wanted));
    }

    [Theory]
    [InlineData("beta=yes.1", true)]
    [InlineData("sid=7; beta=yes.1; theme=dark", true)]
    [InlineData("beta=yes.10", false)]
    [InlineData("beta=yesx1", false)]
    [InlineData("notbeta=yes.1", false)]
    [InlineData("sid=beta; x=yes.1", false)]
    [InlineData("sid=beta=yes.1", false)]
    public void A_cookie_that_only_looks_like_the_cohorts_is_not_it(string cookies, bool isIn) =>
        Assert.Equal(
            isIn, System.Text.RegularExpressions.Regex.IsMatch(cookies, HeaderMatch.Istio(Beta)["cookie"]!["regex"]!.GetValue<string>()));

    [Fact]
    public void A_delegate_is_never_removed_because_its_root_would_answer_404_without_it()
    {
        var owned = Target("istio", null, RouteMode.Owned);
        var whole = Assert.IsType<MeshEdit.Apply>(
            Assert.Single(istio.Plan(Scene(owned, (IstioDialect.VirtualService, "checkout", [])), Wanted(owned, 2500)))).Whole;
        var release = istio.Release(Scene(owned, (IstioDialect.VirtualService, "checkout", [whole])), Wanted(owned, 0));
        Assert.DoesNotContain(release.Edits, e => e is MeshEdit.Delete);
        Assert.Contains("404", release.Kept, StringComparison.Ordinal);
    }

    [Fact]
    public void Owns_a_rule_by_bucket_that_takes_the_candidates_share()
    {
        var owned = Target("istio", null, RouteMode.Owned) with { IsSplitByBucket = true };
        var scene = Scene(owned, (IstioDialect.VirtualService, "checkout", []));
        var wanted = Wanted(owned, 2500);
        var whole = Assert.IsType<MeshEdit.Apply>(Assert.Single(istio.Plan(scene, wanted))).Whole;
        Assert.Equal(
            "[0-1][0-9]|2[0-4]", whole["spec"]!["http"]![0]!["match"]![0]!["headers"]!["x-tc-bucket"]!["regex"]!.GetValue<string>());
        Assert.True(istio.Read(Scene(owned, (IstioDialect.VirtualService, "checkout", [whole])))!.Says(wanted.Shares));
        Fails(MeshFault.Unsupported, () => istio.Plan(scene, Wanted(owned, 50)));
    }

    [Fact]
    public void Never_takes_over_an_object_of_somebody_else()
    {
        var owned = Target("istio", null, RouteMode.Owned);
        Fails(MeshFault.NotOurs, () =>
            istio.Plan(Scene(owned, (IstioDialect.VirtualService, "checkout", [Json(Live)])), Wanted(owned, 500)));
    }

    [Fact]
    public void Tells_what_is_missing_or_of_another_make()
    {
        Fails(MeshFault.NotFound, () => istio.Read(Scene(target, (IstioDialect.VirtualService, "checkout", []))));
        var live = Json(Live);
        live["spec"]!["http"]![2]!.AsObject().Remove("route");
        Fails(MeshFault.BackendMissing, () => istio.Read(Of(live)));
        live["spec"]!["http"]![2]!["delegate"] = Json("""{ "name": "inner" }""");
        Assert.Contains("inner", Fails(MeshFault.Unsupported, () => istio.Read(Of(live))).Message, StringComparison.Ordinal);
        live["spec"]!.AsObject().Remove("http");
        Fails(MeshFault.RuleMissing, () => istio.Read(Of(live)));
    }

    private RouteScene Of(JsonObject live) => Scene(target, (IstioDialect.VirtualService, "checkout", [live]));
}
