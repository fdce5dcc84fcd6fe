using System.Text.Json.Nodes;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Consul;
using TrafficCtl.Kubernetes.Mesh.IngressNginx;
using TrafficCtl.Kubernetes.Mesh.Smi;
using TrafficCtl.Kubernetes.Mesh.Traefik;
using Xunit;
using static TrafficCtl.Kubernetes.Tests.Mesh.MeshTools;

namespace TrafficCtl.Kubernetes.Tests.Mesh;

public class OtherDialectTests
{
    private const string Split =
        """
        { "metadata": { "name": "checkout", "namespace": "shop", "uid": "u1", "generation": 2 },
          "spec": { "service": "checkout", "matches": [{ "kind": "HTTPRouteGroup", "name": "x" }],
            "backends": [{ "service": "checkout-stable", "weight": 1 }, { "service": "checkout-canary", "weight": 0 }] } }
        """;

    [Theory]
    [InlineData("v1alpha4")]
    [InlineData("v1alpha3")]
    [InlineData("v1alpha2")]
    [InlineData("v1alpha1")]
    public void A_TrafficSplit_is_patched_in_the_notation_of_its_version(string version)
    {
        var (smi, target) = (new SmiDialect(), Target("smi"));
        RouteScene Of(JsonObject live) => RouteScene.Empty(target, "shop.checkout").With(
            new MeshRead(SmiDialect.TrafficSplit, "checkout"), new SceneObjects([live], version));
        foreach (var basisPoints in new[] { 0, 25, 1000, 10_000 })
        {
            var wanted = Wanted(target, basisPoints);
            var live = Json(Split);
            var edits = smi.Plan(Of(live), wanted);
            var after = edits.IsEmpty ? live : Patched(live, edits);
            Assert.True(smi.Read(Of(after))!.Says(wanted.Shares));
            Assert.Empty(smi.Plan(Of(after), wanted));
            Assert.NotNull(after["spec"]!["matches"]);
            if (!edits.IsEmpty && version == "v1alpha1")
                Assert.EndsWith("m", after["spec"]!["backends"]![1]!["weight"]!.GetValue<string>(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("\"1\"", "\"500m\"", 3333)]
    [InlineData("\"0.5\"", "\"500m\"", 5000)]
    [InlineData("\"1k\"", "1000", 5000)]
    public void A_quantity_of_1_is_1000m(string stable, string candidate, int share)
    {
        var live = Json(Split);
        live["spec"]!["backends"]![0]!["weight"] = JsonNode.Parse(stable);
        live["spec"]!["backends"]![1]!["weight"] = JsonNode.Parse(candidate);
        Assert.Equal(
            share,
            new SmiDialect().Read(Scene(Target("smi"), (SmiDialect.TrafficSplit, "checkout", [live])))!.Of("checkout-canary").Candidate);
    }

    [Fact]
    public void A_TrafficSplit_without_a_sum_is_no_split_and_a_wrong_weight_is_told()
    {
        var live = Json(Split);
        live["spec"]!["backends"]![0]!["weight"] = 0;
        var scene = Scene(Target("smi"), (SmiDialect.TrafficSplit, "checkout", [live]));
        Assert.False(new SmiDialect().Read(scene)!.IsDefined);
        live["spec"]!["backends"]![0]!["weight"] = "much";
        Assert.Contains("much", Fails(MeshFault.Invalid, () => new SmiDialect().Read(scene)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_TrafficSplit_of_our_own_is_made_whole_and_refuses_cohorts()
    {
        var (smi, owned) = (new SmiDialect(), Target("smi", null, RouteMode.Owned));
        var scene = Scene(owned, (SmiDialect.TrafficSplit, "checkout", []));
        var whole = Assert.IsType<MeshEdit.Apply>(Assert.Single(smi.Plan(scene, Wanted(owned, 500)))).Whole;
        Assert.Equal("split.smi-spec.io/v1alpha4", whole["apiVersion"]!.GetValue<string>());
        Assert.Equal("checkout", whole["spec"]!["service"]!.GetValue<string>());
        Assert.Empty(smi.Plan(Scene(owned, (SmiDialect.TrafficSplit, "checkout", [whole])), Wanted(owned, 500)));
        Fails(MeshFault.Unsupported, () => smi.Plan(scene, Wanted(owned, 500, (Employees, 10_000))));
    }

    [Theory]
    [InlineData(RouteMode.Patch)]
    [InlineData(RouteMode.Owned)]
    public void A_TraefikService_carries_the_weights_and_keeps_its_sticky_cookie(RouteMode mode)
    {
        var (traefik, target) = (new TraefikDialect(), Target("traefik", null, mode));
        var live = Json(
            """
            { "metadata": { "name": "checkout", "namespace": "shop", "uid": "u1", "generation": 2, "labels": { "app.kubernetes.io/managed-by": "trafficctl" } },
              "spec": { "weighted": { "sticky": { "cookie": { "name": "c" } }, "services": [
                { "name": "checkout-stable", "kind": "Service", "port": 80 }, { "name": "checkout-canary", "kind": "Service", "port": 80, "weight": 0 }] } } }
            """);
        var wanted = Wanted(target, 1000);
        var scene = Scene(target, (TraefikDialect.TraefikService, "checkout", [live]));
        var edits = traefik.Plan(scene, wanted);
        if (mode == RouteMode.Owned)
        {
            Assert.Equal(90, Assert.IsType<MeshEdit.Apply>(Assert.Single(edits)).Whole["spec"]!["weighted"]!["services"]![0]!["weight"]!
                .GetValue<int>());
            return;
        }

        var after = Patched(live, edits);
        Assert.Equal("c", after["spec"]!["weighted"]!["sticky"]!["cookie"]!["name"]!.GetValue<string>());
        Assert.True(traefik.Read(Scene(target, (TraefikDialect.TraefikService, "checkout", [after])))!.Says(wanted.Shares));
        Fails(MeshFault.Unsupported, () => traefik.Plan(scene, Wanted(target, 500, (Employees, 10_000))));
    }

    private const string MainIngress =
        """
        { "metadata": { "name": "checkout", "namespace": "shop", "uid": "u1",
            "annotations": { "cert-manager.io/cluster-issuer": "le", "nginx.ingress.kubernetes.io/affinity": "cookie", "kubernetes.io/ingress.class": "nginx" } },
          "spec": { "tls": [{ "hosts": ["shop.example"], "secretName": "t" }], "rules": [
            { "host": "shop.example", "http": { "paths": [
              { "path": "/", "pathType": "Prefix", "backend": { "service": { "name": "checkout-stable", "port": { "number": 80 } } } },
              { "path": "/admin", "pathType": "Prefix", "backend": { "service": { "name": "admin", "port": { "number": 80 } } } }] } }] } }
        """;

    [Fact]
    public void A_canary_Ingress_is_a_minimal_copy()
    {
        var (nginx, target) = (new IngressNginxDialect(), Target("ingress-nginx"));
        var edit = Assert.IsType<MeshEdit.Apply>(Assert.Single(nginx.Plan(Ingresses(target, null), Wanted(target, 500))));
        Assert.Equal("checkout-tc-canary", edit.Name);
        Assert.Equal(
            """{"nginx.ingress.kubernetes.io/canary":"true","nginx.ingress.kubernetes.io/canary-weight":"5","kubernetes.io/ingress.class":"nginx"}""",
            edit.Whole["metadata"]!["annotations"]!.ToJsonString());
        var path = Assert.Single(edit.Whole["spec"]!["rules"]![0]!["http"]!["paths"]!.AsArray())!;
        Assert.Equal("checkout-canary", path["backend"]!["service"]!["name"]!.GetValue<string>());
        Assert.NotNull(edit.Whole["spec"]!["tls"]);
        Assert.Empty(nginx.Plan(Ingresses(target, edit.Whole), Wanted(target, 500)));
        Assert.True(nginx.Read(Ingresses(target, edit.Whole))!.Says(Wanted(target, 500).Shares));
    }

    [Fact]
    public void A_canary_Ingress_names_a_total_only_where_whole_percents_will_not_do()
    {
        var (nginx, target) = (new IngressNginxDialect(), Target("ingress-nginx"));
        var fine = Assert.IsType<MeshEdit.Apply>(Assert.Single(nginx.Plan(Ingresses(target, null), Wanted(target, 25)))).Whole;
        Assert.Equal("10000", fine["metadata"]!["annotations"]!["nginx.ingress.kubernetes.io/canary-weight-total"]!.GetValue<string>());
        Assert.True(nginx.Read(Ingresses(target, fine))!.Says(Wanted(target, 25).Shares));
        var coarse = Assert.IsType<MeshEdit.Apply>(Assert.Single(nginx.Plan(Ingresses(target, fine), Wanted(target, 100)))).Whole;
        Assert.Null(coarse["metadata"]!["annotations"]!["nginx.ingress.kubernetes.io/canary-weight-total"]);
    }

    [Fact]
    public void A_canary_Ingress_takes_the_share_of_the_slot_that_the_main_one_does_not_name()
    {
        var (nginx, target) = (new IngressNginxDialect(), Target("ingress-nginx"));
        var swapped = target with { Slots = [target.Slots[0] with { Version = "v2" }, target.Slots[1] with { Version = "v1" }] };
        var whole = Assert.IsType<MeshEdit.Apply>(Assert.Single(nginx.Plan(Ingresses(swapped, null), Wanted(swapped, 1000)))).Whole;
        Assert.Equal("90", whole["metadata"]!["annotations"]!["nginx.ingress.kubernetes.io/canary-weight"]!.GetValue<string>());
    }

    [Fact]
    public void A_canary_Ingress_sends_one_cohort_entirely_and_says_what_it_cannot()
    {
        var (nginx, target) = (new IngressNginxDialect(), Target("ingress-nginx"));
        var whole =
            Assert.IsType<MeshEdit.Apply>(Assert.Single(nginx.Plan(Ingresses(target, null), Wanted(target, 0, (Employees, 10_000))))).Whole;
        Assert.Equal("true", whole["metadata"]!["annotations"]!["nginx.ingress.kubernetes.io/canary-by-header-value"]!.GetValue<string>());
        Assert.IsType<MeshEdit.Apply>(Assert.Single(nginx.Plan(Ingresses(target, whole), Wanted(target, 0))));
        Fails(MeshFault.Unsupported, () => nginx.Plan(Ingresses(target, null), Wanted(target, 0, (Employees, 5000))));
        Fails(MeshFault.Unsupported, () => nginx.Plan(Ingresses(target, null), Wanted(target, 0, (Beta, 10_000))));
    }

    [Fact]
    public void Warns_of_an_affinity_that_outlives_the_weights_and_of_another_canary_of_the_same_place()
    {
        var (nginx, target) = (new IngressNginxDialect(), Target("ingress-nginx"));
        var own = Assert.IsType<MeshEdit.Apply>(Assert.Single(nginx.Plan(Ingresses(target, null), Wanted(target, 500)))).Whole;
        Assert.Contains("also at 0", Assert.Single(nginx.Warnings(Ingresses(target, own))), StringComparison.Ordinal);

        JsonObject Canary(string name, string path) => Json($$"""
            { "metadata": { "name": "{{name}}", "namespace": "shop", "annotations": { "nginx.ingress.kubernetes.io/canary": "true" } },
              "spec": { "rules": [{ "host": "shop.example", "http": { "paths": [{ "path": "{{path}}", "pathType": "Prefix", "backend": { "service": { "name": "x", "port": { "number": 80 } } } }] } }] } }
            """);
        var scene = Ingresses(target, own).With(
            new MeshRead(IngressNginxDialect.Ingress, null, IsOptional: true),
            new SceneObjects([Json(MainIngress), own, Canary("by-hand", "/"), Canary("elsewhere", "/api")], "v1"));
        var warnings = nginx.Warnings(scene);
        Assert.Equal(2, warnings.Length);
        Assert.Contains("Ingress shop/by-hand is a canary of shop.example/ too", warnings[1], StringComparison.Ordinal);
        Assert.Contains(new MeshRead(IngressNginxDialect.Ingress, null, IsOptional: true), nginx.Needs(Ingresses(target, null)));
    }

    [Theory]
    [InlineData(RouteMode.Patch)]
    [InlineData(RouteMode.Owned)]
    public void A_service_splitter_is_written_whole_with_its_index_and_its_foreign_fields(RouteMode mode)
    {
        var (consul, target) = (new ConsulDialect(), Target("consul", null, mode));
        var live = Json(
            """
            { "Kind": "service-splitter", "Name": "checkout", "Meta": { "managed-by": "trafficctl", "team": "pay" }, "CreateIndex": 5, "ModifyIndex": 77, "Splits": [
              { "Weight": 100, "Service": "checkout-stable", "RequestHeaders": { "Set": { "a": "b" } } }, { "Weight": 0, "Service": "checkout-canary" }] }
            """);
        RouteScene Of(JsonObject entry) =>
            Scene(target, (ConsulDialect.Splitter, "checkout", [entry]), (ConsulDialect.Router, "checkout", []));
        var wanted = Wanted(target, 125);
        var edit = Assert.IsType<MeshEdit.Replace>(Assert.Single(consul.Plan(Of(live), wanted)));
        Assert.Equal("77", edit.Version);
        Assert.Equal("98.75", edit.Whole["Splits"]![0]!["Weight"]!.ToJsonString());
        Assert.Equal("b", edit.Whole["Splits"]![0]!["RequestHeaders"]!["Set"]!["a"]!.GetValue<string>());
        Assert.Equal("pay", edit.Whole["Meta"]!["team"]!.GetValue<string>());
        Assert.True(consul.Read(Of(edit.Whole))!.Says(wanted.Shares));
        Assert.Empty(consul.Plan(Of(edit.Whole), wanted));
    }

    [Fact]
    public void A_service_splitter_of_our_own_is_made_only_where_there_is_none()
    {
        var (consul, owned) = (new ConsulDialect(), Target("consul", null, RouteMode.Owned));
        var scene = Scene(owned, (ConsulDialect.Splitter, "checkout", []), (ConsulDialect.Router, "checkout", []));
        Assert.Equal("0", Assert.IsType<MeshEdit.Replace>(Assert.Single(consul.Plan(scene, Wanted(owned, 500)))).Version);
        var foreign = Scene(
            owned, (ConsulDialect.Splitter, "checkout", [Json("""{ "Splits": [] }""")]), (ConsulDialect.Router, "checkout", []));
        Fails(MeshFault.NotOurs, () => consul.Plan(foreign, Wanted(owned, 500)));
        Fails(MeshFault.NotFound, () =>
            consul.Plan(Scene(Target("consul"), (ConsulDialect.Splitter, "checkout", [])), Wanted(Target("consul"), 500)));
    }

    [Fact]
    public void A_service_router_of_our_own_takes_a_cohort_to_one_service()
    {
        var (consul, owned) = (new ConsulDialect(), Target("consul", null, RouteMode.Owned));
        var scene = Scene(owned, (ConsulDialect.Splitter, "checkout", []), (ConsulDialect.Router, "checkout", []));
        var edits = consul.Plan(scene, Wanted(owned, 0, (Employees, 10_000)));
        var router = Assert.IsType<MeshEdit.Replace>(edits[0]);
        Assert.Equal("checkout-canary", router.Whole["Routes"]![0]!["Destination"]!["Service"]!.GetValue<string>());
        Fails(MeshFault.Unsupported, () => consul.Plan(scene, Wanted(owned, 0, (Employees, 5000))));
    }

    private static RouteScene Ingresses(ClusterTarget target, JsonObject? canary) => Scene(
        target,
        (IngressNginxDialect.Ingress, "checkout", [Json(MainIngress)]),
        (IngressNginxDialect.Ingress, "checkout-tc-canary", canary is null ? [] : [canary]));
}
