using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.GatewayApi;
using TrafficCtl.Kubernetes.Mesh.IngressNginx;
using TrafficCtl.Kubernetes.Mesh.Istio;
using TrafficCtl.Kubernetes.Mesh.Smi;
using TrafficCtl.Kubernetes.Mesh.Traefik;
using Xunit;
using static TrafficCtl.Kubernetes.Tests.Mesh.MeshTools;

namespace TrafficCtl.Kubernetes.Tests.Mesh.Confirming;

/// <summary>Which rules beside the managed one send to slots.</summary>
public sealed class SenderTests
{
    [Fact]
    public void Istio_other_rules_and_other_VirtualServices_but_neither_cohorts_nor_what_takes_nothing()
    {
        var live = Json(
            """
            { "metadata": { "name": "checkout", "namespace": "shop" }, "spec": { "http": [
              { "route": [{ "destination": { "host": "checkout-canary.shop.svc.cluster.local" }, "weight": 0 }] },
              { "name": "admin", "route": [{ "destination": { "host": "admin" } }] },
              { "name": "idle", "route": [
                { "destination": { "host": "checkout-canary" }, "weight": 0 }, { "destination": { "host": "admin" }, "weight": 100 }] },
              { "name": "primary-employees", "route": [{ "destination": { "host": "checkout-canary" } }] },
              { "name": "primary", "route": [
                { "destination": { "host": "checkout-stable" }, "weight": 90 },
                { "destination": { "host": "checkout-canary" }, "weight": 10 }] } ] } }
            """);
        var other = Json(
            """
            { "metadata": { "name": "preview", "namespace": "shop" }, "spec": { "http": [
              { "route": [
                { "destination": { "host": "checkout-stable" }, "weight": 1 },
                { "destination": { "host": "checkout-canary" }, "weight": 1 }] },
              { "route": [{ "destination": { "host": "checkout", "subset": "unknown" } }] } ] } }
            """);
        var target = Target("istio", "primary");
        var scene = Scene(target, (IstioDialect.VirtualService, "checkout", [live]), (IstioDialect.VirtualService, null, [live, other]));
        Assert.Equal(
            [
                "another rule of VirtualService shop/checkout (number 1) sends to checkout-canary too",
                "VirtualService shop/preview sends to checkout-canary and checkout-stable too",
            ],
            Words(new IstioDialect(), scene, Wanted(target, 1000, (Employees, 10_000))));
        Assert.Equal(["checkout-stable", "checkout-canary"], new IstioDialect().Rule(scene)!.Services);
    }

    [Fact]
    public void Istio_names_the_Service_whose_subsets_the_rule_splits()
    {
        var live = Json(
            """
            { "metadata": { "name": "checkout", "namespace": "shop" }, "spec": { "http": [ { "route": [
              { "destination": { "host": "checkout", "subset": "a" }, "weight": 90 },
              { "destination": { "host": "checkout.shop", "subset": "b" }, "weight": 10 },
              { "destination": { "host": "elsewhere.pay.svc.cluster.local" }, "weight": 0 }] } ] } }
            """);
        var scene = Scene(Target("istio"), (IstioDialect.VirtualService, "checkout", [live]));
        Assert.Equal(["checkout"], new IstioDialect().Rule(scene)!.Services);
    }

    [Fact]
    public void Gateway_API_other_rules_and_other_routes_but_not_the_route_of_the_cohorts()
    {
        var live = Json(
            """
            { "metadata": { "name": "checkout", "namespace": "shop" }, "spec": { "rules": [
              { "name": "testers", "backendRefs": [{ "name": "checkout-canary", "port": 80 }] },
              { "name": "primary", "backendRefs": [
                { "name": "checkout-stable", "port": 80, "weight": 9 }, { "name": "checkout-canary", "port": 80, "weight": 1 }] },
              { "backendRefs": [
                { "name": "checkout-canary", "port": 80, "weight": 0 },
                { "name": "checkout-stable", "namespace": "pay", "port": 80 }] } ] } }
            """);
        var target = Target("gateway-api", "primary");
        var scene = Scene(
            target, (GatewayApiDialect.HttpRoute, "checkout", [live]),
            (GatewayApiDialect.HttpRoute, null, [live, ToStable("checkout-tc-cohorts"), ToStable("admin")]),
            (GatewayApiDialect.GrpcRoute, null, [ToStable("checkout")]));
        Assert.Equal(
            [
                "another rule of HTTPRoute shop/checkout (testers) sends to checkout-canary too",
                "HTTPRoute shop/admin sends to checkout-stable too",
                "GRPCRoute shop/checkout sends to checkout-stable too",
            ],
            Words(new GatewayApiDialect(), scene, Wanted(target, 1000)));
        Assert.Equal(1, new GatewayApiDialect().Rule(scene)!.At);
    }

    [Fact]
    public void The_rules_of_an_object_of_the_controllers_own_are_no_others()
    {
        var live = ToStable("checkout");
        var target = Target("gateway-api", mode: RouteMode.Owned);
        var scene = Scene(target, (GatewayApiDialect.HttpRoute, "checkout", [live]), (GatewayApiDialect.HttpRoute, null, [live]));
        Assert.Empty(Words(new GatewayApiDialect(), scene, Wanted(target, 1000)));
    }

    [Fact]
    public void SMI_Traefik_and_ingress_nginx_other_objects_of_the_namespace()
    {
        var split = Json(
            """
            { "metadata": { "name": "preview" }, "spec": { "backends": [
              { "service": "checkout-canary", "weight": "500m" }, { "service": "checkout-stable", "weight": 0 }] } }
            """);
        Assert.Equal(
            ["TrafficSplit shop/preview sends to checkout-canary too"], Words(new SmiDialect(), "smi", SmiDialect.TrafficSplit, split));

        var weighted = Json(
            """
            { "metadata": { "name": "preview" }, "spec": { "weighted": { "services": [
              { "name": "checkout-canary", "port": 80 }, { "name": "checkout-stable", "weight": 0 }] } } }
            """);
        Assert.Equal(
            ["TraefikService shop/preview sends to checkout-canary too"],
            Words(new TraefikDialect(), "traefik", TraefikDialect.TraefikService, weighted));

        var ingress = Json(
            """
            { "metadata": { "name": "admin" }, "spec": { "rules": [{ "http": { "paths": [
              { "backend": { "service": { "name": "checkout-stable" } } }, { "backend": { "service": { "name": "admin" } } }] } }] } }
            """);
        Assert.Equal(
            ["Ingress shop/admin sends to checkout-stable too"],
            Words(new IngressNginxDialect(), "ingress-nginx", IngressNginxDialect.Ingress, ingress));
    }

    /// <summary>They carry the same split, so that what they send contradicts none.</summary>
    [Fact]
    public void The_other_routes_of_the_service_are_no_others_and_the_rest_of_their_objects_is()
    {
        var live = Json(
            """
            { "metadata": { "name": "checkout", "namespace": "shop" }, "spec": { "http": [
              { "name": "primary", "route": [{ "destination": { "host": "checkout-stable" } }] },
              { "name": "admin-employees", "route": [{ "destination": { "host": "checkout-canary" } }] },
              { "name": "admin", "route": [{ "destination": { "host": "checkout-stable" } }] } ] } }
            """);
        var edge = Json(
            """
            { "metadata": { "name": "edge", "namespace": "shop" }, "spec": { "http": [
              { "name": "public", "route": [{ "destination": { "host": "checkout-stable" } }] },
              { "name": "testers", "route": [{ "destination": { "host": "checkout-canary" } }] } ] } }
            """);
        var target = Target("istio", "primary") with
        {
            Also = [Part("istio", "checkout", "admin"), Part("istio", "edge", "public"), Part("gateway-api", "gateway", null)],
        };
        var scene = Scene(target, (IstioDialect.VirtualService, "checkout", [live]), (IstioDialect.VirtualService, null, [live, edge]));
        Assert.Equal(
            ["VirtualService shop/edge sends to checkout-canary too"],
            Words(new IstioDialect(), scene, Wanted(target, 1000, (Employees, 10_000))));

        var routes = Target("gateway-api") with { Also = [Part("gateway-api", "edge", null)] };
        ImmutableArray<JsonObject> all = [ToStable("checkout"), ToStable("edge"), ToStable("edge-tc-cohorts"), ToStable("admin")];
        scene = Scene(routes, (GatewayApiDialect.HttpRoute, "checkout", [all[0]]), (GatewayApiDialect.HttpRoute, null, [.. all]));
        Assert.Equal(["HTTPRoute shop/admin sends to checkout-stable too"], Words(new GatewayApiDialect(), scene, Wanted(routes, 1000)));

        static RoutePart Part(string dialect, string name, string? rule) => new(new RouteReference(dialect, name, rule), RouteMode.Patch);
    }

    private static JsonObject ToStable(string name) => Json(
        $$"""
        { "metadata": { "name": "{{name}}", "namespace": "shop" },
          "spec": { "rules": [{ "backendRefs": [{ "name": "checkout-stable", "port": 80 }] }] } }
        """);

    private static string[] Words(IMeshDialect dialect, string name, MeshResource of, JsonObject other) =>
        Words(dialect, Scene(Target(name), (of, null, [other])), Wanted(Target(name), 1000));

    private static string[] Words(IMeshDialect dialect, RouteScene scene, WantedSplit wanted) =>
        [.. dialect.Senders(scene, wanted).Select(s => s.ToString())];
}
